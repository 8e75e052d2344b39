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

  @Test("A share that a count at its limit refuses changes nothing, the ledger neither")
  func saturatedShare() throws {
    let rig = try Rig()
    let file = try rig.file(pattern(3 * 4096))
    let peer = rig.inode(try rig.volume.create())
    let whole = rig.inode(file).data.extent(containing: 0)
    let extent = try #require(whole)
    #expect(extent.count == 3)
    rig.volume.groups[0].state.refcounts.setCount(RefcountMap.saturated, of: extent.device + 1)
    let volume = rig.volume
    let refused = rig.counting {
      #expect(!volume.share(extent, with: peer, at: 0, volume.ledgers.mine))
    }
    #expect(refused == Ledger())
    let first = extent.clipped(to: 0..<1)
    let shared = rig.counting {
      #expect(volume.share(first, with: peer, at: 0, volume.ledgers.mine))
    }
    #expect(shared[.refcountUpdates] == 1 && rig.referenceCount(first.device) == 2)
  }
}
