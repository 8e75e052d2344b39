import Testing

@testable import FSDAX

/// The ledger's totals for mappings, reads and comparisons, against what can be seen of them.
@Suite("Ledger proof of faults and reads")
struct LedgerFaultTests {
  @Test("A fault copies or zeroes what it says", arguments: bothProfiles, [0, 9])
  func fault(_ profile: Profile, order: Int) throws {
    let byteCount = order == 9 ? 2 << 20 : 4096
    let rig = try Rig(profile, byteCount: 8 << 20)
    let file = try rig.volume.create()
    try rig.volume.allocate(file, at: 0, byteCount: byteCount)
    let area = try rig.volume.makeArea(file, at: 0, pageCount: byteCount >> 12)
    let unwritten = MoveWitness(rig)
    var ledger = rig.counting {
      let flags = rig.volume.fault(area, page: 0, isWrite: true, order: order).flags
      #expect(flags == [.noPage, .major] || order == 9)
    }
    #expect(unwritten.moves == MoveWitness.Moves(zero: byteCount))
    #expect(ledger[.bytesZeroed] == byteCount && ledger.bytesMoved == byteCount)

    let peer = try rig.volume.create()
    try rig.volume.clone(from: file, to: peer)
    let shared = MoveWitness(rig)
    ledger = rig.counting {
      #expect(rig.volume.fault(area, page: 0, isWrite: true, order: order).flags == .noPage)
    }
    #expect(shared.moves == MoveWitness.Moves(old: byteCount))
    #expect(ledger[.faultBytesCopied] == byteCount && ledger.bytesMoved == byteCount)
    #expect(ledger[.cowFaults] == 1 && ledger[.linesFlushed] == 0)

    let synced = try rig.counting { try rig.volume.sync(file) }
    #expect(synced[.linesFlushed] == byteCount / 64 && synced.bytesMoved == 0)
  }

  @Test("A copy of a hole's zeros in a fault")
  func zeroFault() throws {
    let rig = try Rig { $0.alwaysCopiesOnWrite = true }
    let file = try rig.file(MoveWitness.user(4096 * 3))
    try rig.volume.setAttributes(of: file) { $0.cowExtentHint = 4 }
    try rig.volume.punch(file, at: 4096, byteCount: 4096)
    try rig.write(file, 0, MoveWitness.user(1))
    // Staging of the hint lies over the hole.
    try #require(!rig.staging(file).isEmpty)
    let area = try rig.volume.makeArea(file, at: 0, pageCount: 3)
    let witness = MoveWitness(rig)
    let ledger = rig.counting { _ = rig.volume.fault(area, page: 1, isWrite: true) }
    #expect(witness.moves == MoveWitness.Moves(zero: 4096))
    #expect(ledger[.faultBytesZeroed] == 4096 && ledger[.linesFlushed] == 64)
  }

  @Test("Private pages hold the bytes that were copied")
  func privateFault() throws {
    let rig = try Rig()
    let file = try rig.file(MoveWitness.user(4096))
    let area = try rig.volume.makeArea(file, at: 0, pageCount: 1, isPrivate: true)
    let witness = MoveWitness(rig)
    let ledger = rig.counting {
      #expect(rig.volume.fault(area, page: 0, isWrite: true).flags == .doneCopy)
    }
    #expect(witness.moves.total == 0)
    let old = Array(rig.medium(file, 0))
    // The file changes behind the private page: whatever was not copied would change with it.
    try rig.write(file, 0, old.map { ~$0 })
    var bytes = zeros(4096)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    try rig.volume.load(area, at: 0, into: &raw)
    let kept = zip(bytes, old).count { $0 == $1 }
    #expect(kept == 4096 && ledger[.privateBytesCopied] == kept && ledger.bytesMoved == kept)
  }

  @Test("Reads fill what they say, data and zeros apart", arguments: [1, 2, 3])
  func read(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let rig = try Rig()
    let file = try rig.file(MoveWitness.user(60_000))
    try rig.volume.punch(file, at: 8192, byteCount: 12_288)
    try rig.volume.allocate(file, at: 12_288, byteCount: 4096)
    let witness = MoveWitness(rig)
    for _ in 0..<60 {
      let start = random.below(64_000)
      let asked = random.below(30_000)
      var buffer = [UInt8](repeating: 0xee, count: asked + 1)
      let ledger = try rig.counting {
        _ = try buffer.withUnsafeMutableBytes {
          try rig.volume.read(
            file, at: start, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<asked]))
        }
      }
      #expect(ledger[.bytesRead] == buffer.count { $0 & 0xe0 == 0x20 })
      #expect(ledger[.zerosRead] == buffer.count { $0 == 0 })
      #expect(ledger.bytesMoved == ledger[.bytesRead])
      #expect(buffer.last == 0xee)
    }
    #expect(witness.moves.total == 0)
  }

  @Test("A clone or dedupe moves no byte, and compares up to the chunk with the difference")
  func compare() throws {
    let byteCount = 5 * 4096
    for difference in [0, 1, 4095, 4096, 8191, 12_288, byteCount - 1, byteCount] {
      let rig = try Rig()
      let files = try [rig.file(pattern(byteCount)), rig.file(pattern(byteCount))]
      _ = MoveWitness(rig)
      let same = pattern(byteCount, 3)
      var other = same
      if difference < byteCount { other[difference] ^= 1 }
      try rig.write(files[0], 0, same)
      try rig.write(files[1], 0, other)
      let before = Array(
        UnsafeRawBufferPointer(start: rig.volume.device.base, count: rig.volume.device.byteCount))
      let open = files.map { OpenFile($0, on: rig.volume) }
      let ledger = try rig.counting {
        let found = try rig.volume.dedupe(
          from: open[0], at: 0, byteCount: byteCount, targets: [(open[1], 0)])
        #expect(found[0].status == (difference < byteCount ? 1 : 0))
      }
      #expect(ledger[.bytesCompared] == min((difference & ~4095) + 4096, byteCount))
      #expect(ledger[.compareCalls] == 1 && ledger.bytesMoved == 0)
      try rig.volume.clone(from: files[0], to: files[1])
      let after = UnsafeRawBufferPointer(
        start: rig.volume.device.base, count: rig.volume.device.byteCount)
      #expect(before.elementsEqual(after))
    }
  }

  /// Lines that a flush-cache copy writes back by itself.
  ///
  /// Source: specification, section 10.
  private func lines(_ start: Int, _ count: Int) -> Int {
    if count < 8 {
      return start % 4 == 0 && count == 4 ? 0 : (start + count - 1) / 64 - start / 64 + 1
    }
    let first = start % 8 == 0 ? 0 : 64 - start % 64
    return (first > 0 ? 1 : 0) + (count > first && (count - first) % 8 != 0 ? 1 : 0)
  }

  @Test("Lines written back by writes in place and by partial zeroing", arguments: bothProfiles)
  func lines(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let file = try rig.file(pattern(4096))
    for start in [0, 1, 4, 8, 60, 61, 62, 64, 100, 1000] {
      for count in [1, 2, 4, 6, 7, 8, 13, 16, 63, 64, 100, 125, 512] {
        let written = try rig.counting { try rig.write(file, start, MoveWitness.user(count)) }
        #expect(written[.linesFlushed] == lines(start, count), "\(start)+\(count)")
        let zeroed = try rig.counting {
          try rig.volume.zero(file, at: start, byteCount: count)
        }
        #expect(zeroed[.linesFlushed] == (start + count - 1) / 64 - start / 64 + 1)
      }
    }
  }

  @Test("K-10 Lines of a copy-on-write: streamed strictly, the user's and zero edges upstream")
  func copyLines() throws {
    for isHole in [false, true] {
      let rig = try Rig(.upstream)
      let file = try rig.file(pattern(8192))
      let peer = try rig.volume.create()
      rig.shareBlocks(file, with: peer)
      if isHole {
        try rig.volume.punch(file, at: 4096, byteCount: 4096)
        // Staging of the hint comes to lie over the hole.
        try rig.write(file, 0, [1])
      }
      let start = isHole ? 4196 : 100
      let ledger = try rig.counting { try rig.write(file, start, MoveWitness.user(50)) }
      #expect(ledger[.linesFlushed] == lines(start, 50) + (isHole ? 64 : 0))
    }
    let rig = try Rig()
    let (file, _) = try rig.sharedPair(pattern(4096))
    let ledger = try rig.counting { try rig.write(file, 100, MoveWitness.user(50)) }
    #expect(ledger[.linesFlushed] == 0 && ledger[.bytesStreamed] == 4096)
  }
}
