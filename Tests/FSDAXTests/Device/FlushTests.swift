import HotCore
import Testing

@testable import FSDAX

@Suite("flush vectors")
struct FlushTests {
  private func flushed(_ rig: Rig, _ target: Int, _ byteCount: Int) -> Int {
    rig.counting { rig.volume.device.flush(target, byteCount, rig.volume.ledgers.mine) }[
      .linesFlushed]
  }

  @Test(
    "K-1, K-2, K-3: lines of a flush",
    arguments: [
      (0x1000, 64, 1), (0x1010, 64, 2), (0x103f, 2, 2), (0x1000, 0, 0), (0x1003, 0, 0),
      (0x1000, 4096, 64), (0, 2 << 20, 32_768),
    ])
  func lines(target: Int, byteCount: Int, expected: Int) throws {
    #expect(flushed(try Rig(), target, byteCount) == expected)
  }

  @Test(
    "K-4, K-5, K-6, K-7, K-8: lines that a user copy writes back",
    arguments: [
      (0x1004, 4, 0), (0x103e, 6, 2), (0x1008, 16, 0), (0x1008, 13, 1), (0x1003, 100, 2),
      (0x1003, 125, 1),
    ])
  func userCopy(target: Int, byteCount: Int, expected: Int) throws {
    #expect(flushCacheLineCount(target: target, byteCount: byteCount) == expected)
    // The same by a real write to a private block: 0x1000 is a line's start like any block's.
    let rig = try Rig()
    let file = try rig.file(pattern(8192))
    let ledger = try rig.counting { try rig.write(file, target, pattern(byteCount, 3)) }
    #expect(ledger[.linesFlushed] == expected)
    #expect(ledger[.bytesStreamed] == 0 && ledger[.bytesWritten] == byteCount)
    #expect(try rig.read(file, target, byteCount) == pattern(byteCount, 3))
  }

  @Test("K-4 to K-8: a device without NOCACHE copies plainly and writes nothing back")
  func plainCopy() throws {
    let rig = try Rig { $0.device.copyMode = [.writeCache] }
    let file = try rig.file(pattern(8192))
    let ledger = try rig.counting { try rig.write(file, 0x103e, pattern(6)) }
    #expect(ledger[.linesFlushed] == 0)
    #expect(try rig.read(file, 0x103e, 6) == pattern(6))
  }

  @Test("K-9: without a write cache nothing is flushed")
  func noWriteCache() throws {
    let rig = try Rig { $0.device.copyMode = [.nocache, .nomc] }
    #expect(flushed(rig, 0, 4096) == 0)
    let file = try rig.file(pattern(4096))
    let ledger = try rig.counting { try rig.volume.zero(file, at: 10, byteCount: 100) }
    #expect(ledger[.linesFlushed] == 0)
  }

  @Test("K-10, H3: copied edges are not written back upstream; zero edges are")
  func edges() throws {
    // 50 bytes at 100 of a block: the head's line and the tail's.
    let own = flushCacheLineCount(target: 100, byteCount: 50)
    #expect(own == 2)
    let copied = try Rig(.upstream)
    let (file, _) = try copied.sharedPair(pattern(4096))
    let lines = try copied.counting { try copied.write(file, 100, pattern(50)) }
    #expect(lines[.linesFlushed] == own && lines[.bytesStreamed] == 0)

    let zeroed = try Rig(.upstream)
    let (shared, _) = try zeroed.sharedPair(pattern(4096))
    try zeroed.volume.truncate(shared, to: 8192)
    try zeroed.write(shared, 0, [1])
    #expect(zeroed.staging(shared).first?.contains(1) == true)
    let more = try zeroed.counting { try zeroed.write(shared, 4096 + 100, pattern(50)) }
    #expect(more[.linesFlushed] == own + 64 && more[.bytesStreamed] == 0)

    let strict = try Rig()
    let (third, _) = try strict.sharedPair(pattern(4096))
    let all = try strict.counting { try strict.write(third, 100, pattern(50)) }
    #expect(all[.bytesStreamed] == 4096 && all[.fences] == 1)
  }

  @Test("H3: partial zeroing of a shared block, with the hazard and without")
  func zeroing() throws {
    for (profile, isDurable) in [
      (Profile.strict, true), (.upstream, false), (Profile(hazards: .unflushedEdges), false),
    ] {
      let rig = try Rig(profile)
      let (file, _) = try rig.sharedPair(pattern(4096))
      let ledger = try rig.counting { try rig.volume.zero(file, at: 100, byteCount: 50) }
      #expect(ledger[.edgeBytesCopied] == 4046)
      #expect(ledger[.bytesStreamed] == (isDurable ? 4046 : 0))
      #expect(ledger[.linesFlushed] == (isDurable ? 2 : 0))
    }
  }
}
