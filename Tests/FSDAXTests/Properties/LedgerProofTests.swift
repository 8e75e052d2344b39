import Testing

@testable import FSDAX

/// The ledger's totals equal the bytes really moved, as the medium shows them.
@Suite("Ledger proof")
struct LedgerProofTests {
  /// A file of blocks that are, over and over, shared, private, a hole and unwritten.
  private func mixed(_ rig: Rig) throws -> FileID {
    let file = try rig.volume.create()
    try rig.volume.setAttributes(of: file) { $0.cowExtentHint = 1 }
    for block in 0..<16 where block % 4 != 2 {
      if block % 4 == 3 {
        try rig.volume.allocate(file, at: block << 12, byteCount: 4096)
      } else {
        try rig.write(file, block << 12, MoveWitness.user(4096))
      }
    }
    let peer = try rig.volume.create()
    for block in stride(from: 0, to: 16, by: 4) {
      rig.shareBlocks(file, with: peer, UInt64(block)..<UInt64(block) + 1)
    }
    return file
  }

  /// Bytes of the range in blocks that a write fills with zeros first: holes and unwritten ones.
  private func fresh(_ rig: Rig, _ file: FileID, _ range: Range<Int>) -> Int {
    (range.lowerBound >> 12..<(range.upperBound + 4095) >> 12).reduce(0) { sum, block in
      if rig.state(file, UInt64(block)) == .written { return sum }
      return sum + range.clamped(to: block << 12..<(block + 1) << 12).count
    }
  }

  @Test("Every byte that changes is in the ledger once, strictly", arguments: 1...6)
  func strict(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    for step in 0..<40 {
      let rig = try Rig(byteCount: 64 << 12) { $0.alwaysCopiesOnWrite = seed == 6 }
      let file = try mixed(rig)
      let start = random.below(16) << 12 + [0, 0, 1, 511, 512, 4095][random.below(6)]
      let count = [1, 50, 512, 4095, 4096, 8192, 1 + random.below(16_000)][random.below(7)]
      let data = MoveWitness.user(count)
      let area = try rig.volume.makeArea(file, at: 0, pageCount: 16)
      let witness = MoveWitness(rig)
      var overlap = 0
      let kind = random.below(7)
      let range = start..<start + count
      let size = try rig.volume.size(of: file)
      let ledger = try rig.counting {
        switch kind {
        case 0, 1:
          // Blocks made for a hole are zeroed before the user's bytes go over the zeros.
          overlap = fresh(rig, file, range)
          try rig.write(file, start, data)
        case 2: try rig.volume.zero(file, at: start, byteCount: count)
        case 3: try rig.volume.unshare(file, at: start, byteCount: count)
        case 4: _ = rig.volume.fault(area, page: start >> 12, isWrite: true)
        case 5: try rig.volume.truncate(file, to: min(start, size))
        default: try rig.volume.truncatePage(file, at: start)
        }
      }
      let moves = witness.moves
      let note: Comment = "seed \(seed) step \(step) kind \(kind) at \(start)+\(count): \(moves)"
      #expect(moves.user == ledger[.bytesWritten], note)
      #expect(moves.old == ledger.copied, note)
      #expect(moves.zero == ledger.zeroed - overlap, note)
      #expect(moves.other == 0 && moves.total + overlap == ledger.bytesMoved, note)
      #expect(moves.user == (kind < 2 ? count : 0), note)
      if kind != 3 { #expect(ledger[.unshareBytesCopied] == 0, note) }
      if kind != 4 { #expect(ledger[.faultBytesCopied] + ledger[.faultBytesZeroed] == 0, note) }
    }
  }

  @Test("The zeros under a write into a hole are there before its bytes")
  func zeroesFirst() throws {
    let rig = try Rig(byteCount: 64 << 12)
    let file = try mixed(rig)
    let witness = MoveWitness(rig)
    let ledger = try rig.counting {
      _ = try rig.volume.begin(
        rig.inode(file), position: 2 << 12 | 100, byteCount: 50, [.write, .dax],
        rig.volume.ledgers.mine)
    }
    #expect(witness.moves == MoveWitness.Moves(zero: 4096))
    #expect(ledger[.bytesZeroed] == 4096)
  }

  /// Upstream copies a whole block and then writes over it: what a short user copy leaves shows it.
  @Test("Upstream's passes one over the other")
  func upstream() throws {
    let rig = try Rig(.upstream, byteCount: 64 << 12)
    let file = try mixed(rig)
    let pages = GuardedPages(4096)
    let buffer = pages.tail(readable: 50, asked: 4096)
    pages.fill(MoveWitness.user(50), at: buffer)
    let witness = MoveWitness(rig)
    let ledger = try rig.counting {
      let done = try rig.volume.write(file, at: 0, UnsafeRawBufferPointer(buffer))
      #expect(done == 50)
    }
    // The second attempt at the rest of the block may move nothing.
    #expect(witness.moves == MoveWitness.Moves(user: 50, old: 4046))
    #expect(ledger[.edgeBytesCopied] == 4096 && ledger[.bytesWritten] == 50)
  }

  @Test("Edges of given positions", arguments: bothProfiles)
  func edges(_ profile: Profile) throws {
    let cases = [(100, 50), (0, 1), (4095, 1), (1, 4095), (16_384, 4095), (16_484, 3996)]
    for (start, count) in cases {
      let rig = try Rig(profile, byteCount: 64 << 12)
      let file = try mixed(rig)
      let witness = MoveWitness(rig)
      let ledger = try rig.counting { try rig.write(file, start, MoveWitness.user(count)) }
      #expect(witness.moves == MoveWitness.Moves(user: count, old: 4096 - count))
      #expect(ledger[.edgeBytesCopied] == 4096 - count && ledger[.bytesWritten] == count)
      #expect(ledger.bytesMoved == 4096)
    }
  }
}
