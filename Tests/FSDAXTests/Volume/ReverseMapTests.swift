import Testing

@testable import FSDAX

@Suite("reverse map")
struct ReverseMapTests {
  private func owners(_ map: borrowing ReverseMap, of block: UInt32) -> Set<BlockOwner> {
    var found: [BlockOwner] = []
    map.owners(of: block, into: &found)
    let all = Set(found)
    #expect(all.count == found.count, "an owner twice")
    return all
  }

  @Test("a file may refer to a block twice, others beside it, in any order of leaving")
  func sharers() {
    let three = [
      BlockOwner(inode: 7, block: 105), BlockOwner(inode: 8, block: 105),
      BlockOwner(inode: 7, block: 1 << 51),
    ]
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      var map = ReverseMap(blockCount: 10)
      for owner in three { map.insert(blocks: 5..<6, inode: owner.inode, first: owner.block) }
      var left = Set(three)
      for index in order {
        #expect(owners(map, of: 5) == left)
        let owner = three[index]
        map.remove(blocks: 5..<6, inode: owner.inode, first: owner.block)
        left.remove(owner)
      }
      #expect(owners(map, of: 5).isEmpty && owners(map, of: 4).isEmpty)
    }
  }

  @Test("the same as a set of owners for each block, step by step", arguments: UInt64(1)...6)
  func oracle(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let blockCount = 1500
    var map = ReverseMap(blockCount: blockCount)
    var table = [Set<BlockOwner>](repeating: [], count: blockCount)
    for step in 0..<1500 {
      let start = random.below(blockCount)
      let end = min(blockCount, start + 1 + random.below(seed % 2 == 0 ? 8 : 700))
      let inode = UInt32(1 + random.below(3))
      let first = UInt64(start) + UInt64(random.below(3)) * 100
      let range = start..<end
      func owner(_ block: Int) -> BlockOwner {
        BlockOwner(inode: inode, block: first + UInt64(block - start))
      }
      let present = range.count { table[$0].contains(owner($0)) }
      let device = UInt32(start)..<UInt32(end)
      if present == 0 {
        map.insert(blocks: device, inode: inode, first: first)
        for block in range { table[block].insert(owner(block)) }
      } else if present == range.count {
        map.remove(blocks: device, inode: inode, first: first)
        for block in range { table[block].remove(owner(block)) }
      } else if let block = range.first(where: { table[$0].contains(owner($0)) }) {
        let one = UInt32(block)..<UInt32(block) + 1
        map.remove(blocks: one, inode: inode, first: owner(block).block)
        table[block].remove(owner(block))
      }
      #expect(owners(map, of: UInt32(start)) == table[start], "seed \(seed), step \(step)")
    }
    for block in table.indices { #expect(owners(map, of: UInt32(block)) == table[block]) }
  }
}
