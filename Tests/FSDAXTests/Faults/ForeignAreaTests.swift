import Testing

@testable import FSDAX

@Suite("Mappings of another volume")
struct ForeignAreaTests {
  @Test("They are neither loaded, nor stored to, nor pinned", arguments: [false, true])
  func refused(isPrivate: Bool) throws {
    let home = try FaultBed()
    let other = try FaultBed()
    let mapped = try home.file(1)
    // The same device block on the other volume.
    let file = try other.file(2)
    let area = try home.area(mapped, isPrivate: isPrivate)
    #expect(home.fault(area, write: false).flags == .noPage)
    #expect(try home.block(mapped) == other.block(file))
    #expect(errno { try other.load(area) } == .EINVAL)
    #expect(errno { try other.load(area, count: 0) } == .EINVAL)
    #expect(errno { try other.store(area, 3) } == .EINVAL)
    #expect(errno { try other.volume.pin(area, page: 0) } == .EFAULT)
    try home.store(area, 4)
    #expect(errno { try other.store(area, 3) } == .EINVAL)
    #expect(errno { try other.volume.pin(area, page: 0) } == .EFAULT)
    let hasNoPin = other.volume.frames.pins.isEmpty
    #expect(hasNoPin)
    #expect(try home.load(area) == [4])
    #expect(try other.read(file, byteCount: 1) == [2])
  }
}
