import Testing

@testable import FSDAX

@Suite("allocation group")
struct AllocationGroupTests {
  @Test("the header is never given out, and numbers are those of the volume")
  func header() {
    var group = AllocationGroup(firstBlock: 1000, blockCount: 100)
    #expect(group.freeCount == 99)
    #expect(group.allocate(upTo: 200) == 1001..<1100)
    #expect(group.allocate(upTo: 1) == nil)
    group.free(1001..<1100)
    #expect(group.freeCount == 99)
    #expect(group.allocate(upTo: 4, near: 1050) == 1050..<1054)
    // A hint of another group is none.
    #expect(group.allocate(upTo: 4, near: 3) == 1001..<1005)
  }

  @Test("large-page runs are aligned on the device, wherever the group starts")
  func aligned() {
    var group = AllocationGroup(firstBlock: 700, blockCount: 2000)
    #expect(group.allocate(upTo: 512, alignment: 512) == 1024..<1536)
  }

  @Test("a block is freed when the last file lets go of it")
  func release() {
    var group = AllocationGroup(firstBlock: 512, blockCount: 2048)
    let free = group.freeCount
    _ = group.allocate(upTo: 600, near: 513)
    group.adopt(513..<1113, inode: 1, first: 40)
    #expect(group.share(600..<700, inode: 2, first: 0) == true)
    #expect(group.count(of: 600) == 2 && group.count(of: 599) == 1)
    #expect(group.firstShared(in: 513..<1113) == 600..<700)
    #expect(group.release(device: 513..<1113, inode: 1, first: 40) == 500)
    #expect(group.freeCount == free - 100)
    #expect(group.release(device: 600..<700, inode: 2, first: 0) == 100)
    #expect(group.freeCount == free)
  }

  @Test("a share that a count refuses leaves no owner behind")
  func refused() {
    var group = AllocationGroup(firstBlock: 0, blockCount: 64)
    _ = group.allocate(upTo: 8, near: 1)
    group.adopt(1..<9, inode: 1, first: 0)
    group.refcounts.setCount(.max, of: 5)
    #expect(group.share(1..<9, inode: 2, first: 0) == false)
    var owners: [BlockOwner] = []
    group.owners(of: 3, into: &owners)
    #expect(owners == [BlockOwner(inode: 1, block: 2)] && group.count(of: 1) == 1)
    #expect(group.release(device: 1..<9, inode: 1, first: 0) == 7)
    #expect(group.count(of: 5) == .max)
  }

  @Test("counts, owners and free blocks agree after any sequence", arguments: UInt64(1)...4)
  func agreement(seed: UInt64) {
    struct Piece: Hashable {
      var device: Range<UInt32>
      var inode: UInt32
      var first: UInt64
    }
    var random = SplitMix(seed: seed)
    let start: UInt32 = 1536
    var group = AllocationGroup(firstBlock: start, blockCount: 900)
    var pieces: [Piece] = []
    var nextBlock: UInt64 = 0
    for step in 0..<3000 {
      nextBlock += 1000
      let inode = UInt32(1 + random.below(4))
      switch random.below(3) {
      case 0:
        guard let run = group.allocate(upTo: 1 + random.below(40)) else { continue }
        group.adopt(run, inode: inode, first: nextBlock)
        pieces.append(Piece(device: run, inode: inode, first: nextBlock))
      case 1 where !pieces.isEmpty && pieces.count < 200:
        let run = pieces[random.below(pieces.count)].device
        #expect(group.share(run, inode: inode, first: nextBlock) == true)
        pieces.append(Piece(device: run, inode: inode, first: nextBlock))
      default:
        guard !pieces.isEmpty else { continue }
        let piece = pieces.remove(at: random.below(pieces.count))
        group.release(device: piece.device, inode: piece.inode, first: piece.first)
      }
      guard step % 100 == 0 else { continue }
      var counts = [UInt32](repeating: 0, count: 900)
      for block in pieces.flatMap(\.device) { counts[Int(block - start)] += 1 }
      for block in group.dataBlocks {
        #expect(group.count(of: block) == counts[Int(block - start)])
        var owners: [BlockOwner] = []
        group.owners(of: block, into: &owners)
        #expect(owners.count == Int(counts[Int(block - start)]))
      }
      #expect(group.freeCount == counts.count { $0 == 0 } - 1, "seed \(seed), step \(step)")
    }
  }
}
