import Testing

@testable import FSDAX

@Suite("zero and truncate-page vectors")
struct ZeroTests {
  private func zeroed(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(range, with: zeros(range.count))
    return bytes
  }

  @Test("W-9: zeroing across three private blocks", arguments: bothProfiles)
  func threePrivate(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let file = try rig.file(pattern(12_288))
    let blocks = (0..<3).map { rig.block(file, $0) }
    let ledger = try rig.counting { () throws in
      #expect(try rig.volume.zero(file, at: 1000, byteCount: 10_000))
    }
    #expect(try rig.contents(file) == zeroed(pattern(12_288), 1000..<11_000))
    #expect(ledger[.bytesZeroed] == 3096 + 4096 + 2808)
    #expect(ledger[.bytesStreamed] == 4096, "the whole page alone is zeroed by the device")
    // 1000 to 4096 touches 49 lines; 0 to 2808 of the last block 44.
    #expect(ledger[.linesFlushed] == 49 + 44)
    #expect((0..<3).map { rig.block(file, $0) } == blocks && ledger[.edgeBytesCopied] == 0)
    rig.expectInvariants()
  }

  @Test("W-10: zeroing across three shared blocks", arguments: bothProfiles)
  func threeShared(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, peer) = try rig.sharedPair(pattern(12_288))
    let old = (0..<3).map { rig.block(peer, $0) }
    rig.prefillFree(0xaa)
    let ledger = try rig.counting { () throws in
      #expect(try rig.volume.zero(file, at: 1000, byteCount: 10_000))
    }
    #expect(try rig.contents(file) == zeroed(pattern(12_288), 1000..<11_000))
    #expect(try rig.contents(peer) == pattern(12_288))
    #expect(ledger[.edgeBytesCopied] == 1000 + 1288)
    #expect(ledger[.bytesZeroed] == 10_000)
    for index in 0..<3 {
      let block = try #require(old[index])
      #expect(rig.block(file, UInt64(index)) != block && rig.referenceCount(block) == 1)
    }
    rig.expectInvariants()
  }

  @Test("W-11: holes and unwritten blocks are left alone", arguments: bothProfiles)
  func nothingThere(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let hole = try rig.volume.create()
    try rig.volume.truncate(hole, to: 40_960)
    let unwritten = try rig.unwrittenFile(blocks: 4, media: 0x55)
    let ledger = try rig.counting { () throws in
      #expect(try rig.volume.zero(hole, at: 100, byteCount: 20_000) == false)
      #expect(try rig.volume.zero(unwritten, at: 100, byteCount: 10_000) == false)
      #expect(try rig.volume.zero(hole, at: 0, byteCount: Int.max) == false)
    }
    #expect(ledger[.blocksAllocated] == 0 && ledger[.bytesZeroed] == 0)
    #expect(rig.state(unwritten, 1) == .unwritten && rig.state(hole, 1) == nil)
    #expect(rig.medium(unwritten, 1).allSatisfy { $0 == 0x55 })
    rig.expectInvariants()
  }

  @Test("W-12: truncating a page zeroes to its end, and nothing at a block's start")
  func truncatePage() throws {
    let rig = try Rig()
    let file = try rig.file(pattern(12_288))
    let ledger = try rig.counting { () throws in
      #expect(try rig.volume.truncatePage(file, at: 10_000))
    }
    #expect(ledger[.bytesZeroed] == 2288)
    #expect(try rig.contents(file) == zeroed(pattern(12_288), 10_000..<12_288))
    let none = try rig.counting { () throws in
      #expect(try rig.volume.truncatePage(file, at: 8192) == false)
    }
    #expect(none[.begins] == 0)
    #expect(errno { try rig.volume.truncatePage(file, at: -1) } == .EINVAL)
    #expect(try rig.volume.truncatePage(file, at: Int.max) == false)
  }

  @Test("a shared hole-and-data mix zeroes exactly the data", arguments: bothProfiles)
  func mix(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let file = try rig.volume.create()
    for index in [0, 2, 3, 6] { try rig.write(file, index * 4096, pattern(4096, index)) }
    let peer = try rig.volume.create()
    rig.shareBlocks(file, with: peer, 2..<7)
    let before = try rig.contents(peer)
    let all = try rig.contents(file)
    try rig.volume.zero(file, at: 4095, byteCount: 5 * 4096 + 2)
    #expect(try rig.contents(file) == zeroed(all, 4095..<4095 + 5 * 4096 + 2))
    #expect(try rig.contents(peer) == before)
    #expect(rig.block(file, 1) == nil && rig.block(file, 5) == nil)
    rig.expectInvariants()
  }
}
