import Testing

@testable import FSDAX

@Suite struct VolumeTests {
  @Test("A volume gives back what was written") func roundTrip() throws {
    let volume = try Volume(VolumeOptions(byteCount: 8 << 20))
    let file = try volume.create()
    let bytes = (0..<10000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    #expect(try bytes.withUnsafeBytes { try volume.write(file, at: 5000, $0) } == 10000)
    var back = [UInt8](repeating: 1, count: 20000)
    let count = try back.withUnsafeMutableBytes { try volume.read(file, at: 0, into: $0) }
    #expect(count == 15000)
    #expect(back[..<5000].allSatisfy { $0 == 0 })
    #expect(Array(back[5000..<15000]) == bytes)
  }
}
