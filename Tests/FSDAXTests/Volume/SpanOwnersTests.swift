import Testing

@testable import FSDAX

@Suite("owners of whole spans")
struct SpanOwnersTests {
  private func owners(_ map: borrowing ReverseMap, of block: UInt32) -> Set<BlockOwner> {
    var found: [BlockOwner] = []
    map.owners(of: block, into: &found)
    let all = Set(found)
    #expect(all.count == found.count, "an owner twice")
    return all
  }

  @Test("four owners of a span leave whole, or block after block, in any order")
  func wholeAndSingle() {
    for whole in 0..<4 {
      var map = ReverseMap(blockCount: 3 * 512)
      let firsts: [UInt64] = [512, 7, 1 << 40, 99]
      for (index, first) in firsts.enumerated() {
        map.insert(blocks: 512..<1024, inode: UInt32(1 + index), first: first)
      }
      let all = Set(firsts.enumerated().map { BlockOwner(inode: UInt32(1 + $0), block: $1 + 300) })
      #expect(owners(map, of: 812) == all && owners(map, of: 511).isEmpty)
      #expect(owners(map, of: 1024).isEmpty)
      map.remove(blocks: 512..<1024, inode: UInt32(1 + whole), first: firsts[whole])
      let left = all.filter { $0.inode != UInt32(1 + whole) }
      #expect(owners(map, of: 812) == left)
      for block: UInt32 in 512..<1024 {
        for owner in left {
          let owned = owner.block - 300 + UInt64(block - 512)
          map.remove(blocks: block..<block + 1, inode: owner.inode, first: owned)
        }
        #expect(owners(map, of: block).isEmpty)
        if block < 1023 { #expect(owners(map, of: block + 1).count == 3) }
      }
      // Both places are free again, and what comes next does not bring the bits of others back.
      map.insert(blocks: 600..<601, inode: 1, first: 600)
      map.insert(blocks: 512..<1024, inode: 2, first: 0)
      #expect(owners(map, of: 600).count == 2 && owners(map, of: 601).count == 1)
      #expect(map.crowdCount == 0)
    }
  }

  @Test("a file that has two places of a span leaves the one it names")
  func twice() {
    var map = ReverseMap(blockCount: 1024)
    map.insert(blocks: 512..<1024, inode: 4, first: 0)
    map.insert(blocks: 512..<1024, inode: 4, first: 2048)
    map.remove(blocks: 700..<701, inode: 4, first: 2048 + 188)
    #expect(owners(map, of: 700) == [BlockOwner(inode: 4, block: 188)])
    map.remove(blocks: 512..<1024, inode: 4, first: 0)
    #expect(owners(map, of: 700).isEmpty)
    #expect(owners(map, of: 701) == [BlockOwner(inode: 4, block: 2048 + 189)])
    map.insert(blocks: 700..<701, inode: 4, first: 2048 + 188)
    map.remove(blocks: 512..<1024, inode: 4, first: 2048)
    for block: UInt32 in 512..<1024 { #expect(owners(map, of: block).isEmpty) }
  }

  @Test("spans and pieces of them, the same as a set of owners", arguments: UInt64(1)...4)
  func oracle(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let blockCount = 4 * 512
    var map = ReverseMap(blockCount: blockCount)
    var table = [Set<BlockOwner>](repeating: [], count: blockCount)
    for step in 0..<200 {
      let span = random.below(4) * 512
      let isWhole = random.below(3) > 0
      let start = isWhole ? span : span + random.below(512)
      let end = isWhole ? min(span + 512 * (1 + random.below(2)), blockCount) : start + 1
      let inode = UInt32(1 + random.below(5))
      // Runs that follow each other in the file, as an extent's do, and others that do not.
      let shift = UInt64(random.below(2)) * 4096
      let range = start..<end
      func owner(_ block: Int) -> BlockOwner {
        BlockOwner(inode: inode, block: UInt64(block) + shift)
      }
      let present = range.filter { table[$0].contains(owner($0)) }
      let device = UInt32(start)..<UInt32(end)
      if present.isEmpty {
        map.insert(blocks: device, inode: inode, first: owner(start).block)
        for block in range { table[block].insert(owner(block)) }
      } else if present.count == range.count {
        map.remove(blocks: device, inode: inode, first: owner(start).block)
        for block in range { table[block].remove(owner(block)) }
      } else {
        for block in present {
          let one = UInt32(block)..<UInt32(block) + 1
          map.remove(blocks: one, inode: inode, first: owner(block).block)
          table[block].remove(owner(block))
        }
      }
      for block in [start, end - 1, random.below(blockCount)] {
        #expect(owners(map, of: UInt32(block)) == table[block], "seed \(seed), step \(step)")
      }
    }
    let found = table.indices.allSatisfy { owners(map, of: UInt32($0)) == table[$0] }
    #expect(found, "seed \(seed)")
  }

  @Test("4.6: frames of a huge entry at once, or each by itself", arguments: UInt64(1)...4)
  func frames(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var counts = ShareCounts()
    var single = ShareCounts()
    for step in 0..<60 {
      let owner = BlockOwner(
        inode: UInt32(1 + random.below(3)), block: UInt64(random.below(2)) * 512)
      let enters = random.below(2) == 0
      let isWhole = random.below(2) == 0
      let frame = random.below(512)
      let isTaken =
        isWhole && (enters ? counts.associateAll(owner) : counts.disassociateAll(owner))
      for frame in isWhole ? 0..<512 : frame..<frame + 1 {
        let one = BlockOwner(inode: owner.inode, block: owner.block + UInt64(frame))
        if enters {
          single.associate(frame, one, isShared: true)
          if !isTaken { counts.associate(frame, one, isShared: true) }
        } else {
          single.disassociate(frame, one)
          if !isTaken { counts.disassociate(frame, one) }
        }
      }
      let same = (0..<512).allSatisfy {
        counts.count(of: $0) == single.count(of: $0)
          && counts.owners(of: $0) == single.owners(of: $0)
      }
      #expect(same, "seed \(seed), step \(step)")
    }
  }
}
