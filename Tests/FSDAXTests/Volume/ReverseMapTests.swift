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

  private func isCrowded(_ map: borrowing ReverseMap, _ block: UInt32) -> Bool {
    map.isCrowded(block)
  }

  /// So many owners of one block, several files and several blocks of each.
  private func sharers(_ count: Int) -> [BlockOwner] {
    (0..<count).map { BlockOwner(inode: UInt32(1 + $0 % 8), block: UInt64($0 / 8) << 47 | 100) }
  }

  @Test("seven sharers leave three neighbouring blocks in any order", arguments: UInt64(1)...40)
  func seven(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let all = sharers(7)
    var map = ReverseMap(blockCount: 10)
    for block: UInt32 in 4...6 {
      for owner in all.shuffled(using: &random) {
        map.insert(blocks: block..<block + 1, inode: owner.inode, first: owner.block)
      }
    }
    #expect(map.crowdCount == 15, "five of each block have no room")
    var table = [UInt32: Set<BlockOwner>](uniqueKeysWithValues: (4...6).map { ($0, Set(all)) })
    let leaving = (4...6).flatMap { block in all.map { (UInt32(block), $0) } }
    for (block, owner) in leaving.shuffled(using: &random) {
      map.remove(blocks: block..<block + 1, inode: owner.inode, first: owner.block)
      table[block]?.remove(owner)
      for block: UInt32 in 4...6 {
        #expect(owners(map, of: block) == table[block], "seed \(seed)")
        if table[block]?.isEmpty == true { #expect(isCrowded(map, block) == false, "seed \(seed)") }
      }
    }
    #expect(map.crowdCount == 0)
  }

  @Test("up to forty sharers come, go and come again", arguments: UInt64(1)...6)
  func crowds(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let blockCount: UInt32 = 40
    let all = sharers(40)
    var map = ReverseMap(blockCount: Int(blockCount))
    var table = [Set<BlockOwner>](repeating: [], count: Int(blockCount))
    for round in 0..<4 {
      // Odd rounds empty all blocks, even ones fill them: with few, then all sharers at a time.
      let fills = round % 2 == 0
      for owner in all.shuffled(using: &random).prefix(fills && round == 0 ? 12 : 40) {
        for block in (0..<blockCount).shuffled(using: &random) {
          let isOwner = table[Int(block)].contains(owner)
          if fills != isOwner {
            change(&map, &table, owner, block)
          }
          // Some who were there go in between, and some who went come back.
          let other = all[random.below(40)]
          let place = UInt32(random.below(Int(blockCount)))
          if random.below(3) == 0 { change(&map, &table, other, place) }
        }
        let found = (0..<blockCount).allSatisfy { owners(map, of: $0) == table[Int($0)] }
        #expect(found && breaches(map.crowd.tree).isEmpty, "seed \(seed), round \(round)")
      }
      if fills { #expect(map.crowdCount > 0) }
    }
    for block in (0..<blockCount).shuffled(using: &random) {
      for owner in all.shuffled(using: &random) where table[Int(block)].contains(owner) {
        change(&map, &table, owner, block)
      }
      #expect(owners(map, of: block).isEmpty && isCrowded(map, block) == false, "seed \(seed)")
    }
    #expect(map.crowdCount == 0, "seed \(seed)")
  }

  private func change(
    _ map: inout ReverseMap, _ table: inout [Set<BlockOwner>], _ owner: BlockOwner, _ block: UInt32
  ) {
    if table[Int(block)].remove(owner) != nil {
      map.remove(blocks: block..<block + 1, inode: owner.inode, first: owner.block)
    } else {
      map.insert(blocks: block..<block + 1, inode: owner.inode, first: owner.block)
      table[Int(block)].insert(owner)
    }
  }

  @Test("a crowd stays when those before it leave, and is forgotten with its last")
  func crowdLeaves() {
    let all = sharers(5)
    var map = ReverseMap(blockCount: 10)
    func insert(_ some: some Sequence<BlockOwner>) {
      for owner in some { map.insert(blocks: 5..<6, inode: owner.inode, first: owner.block) }
    }
    func remove(_ some: some Sequence<BlockOwner>) {
      for owner in some { map.remove(blocks: 5..<6, inode: owner.inode, first: owner.block) }
    }
    insert(all.prefix(2))
    #expect(map.crowdCount == 0 && isCrowded(map, 5) == false, "two owners in the record")
    for _ in 0..<3 {
      insert(all.suffix(3))
      #expect(map.crowdCount == 3 && isCrowded(map, 5))
      #expect(isCrowded(map, 4) == false && isCrowded(map, 6) == false)
      remove(all.suffix(3))
      #expect(map.crowdCount == 0 && isCrowded(map, 5) == false)
      #expect(owners(map, of: 5) == Set(all.prefix(2)))
    }
    insert(all.suffix(3))
    remove(all.prefix(2))
    #expect(map.crowdCount == 3 && owners(map, of: 5) == Set(all.suffix(3)), "an empty record")
    insert(all.prefix(2))
    #expect(map.crowdCount == 3 && owners(map, of: 5) == Set(all), "room in front was used")
    remove(all.reversed())
    #expect(map.crowdCount == 0 && isCrowded(map, 5) == false && owners(map, of: 5).isEmpty)
    insert(all.prefix(2))
    #expect(map.crowdCount == 0 && owners(map, of: 5) == Set(all.prefix(2)), "as a new block")
  }
}
