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

  private func runs(_ map: borrowing ReverseMap, in device: Range<UInt32>) -> [OwnerRun] {
    var runs: [OwnerRun] = []
    var next = map.firstOwner(in: device)
    while let run = next {
      runs.append(run)
      next = map.nextOwner(in: device, after: run)
    }
    return runs
  }

  @Test("a record packs into 16 bytes without loss, at the limits of each field")
  func packing() {
    #expect(MemoryLayout<ReverseMap.OwnerRecord>.stride == 16)
    for device in [0, 1, 511, 512, .max - 1] as [UInt32] {
      for first in [0, 1, 511, 1 << 43, 1 << 52 - 512] as [UInt64] {
        for count in [1, 512 - device % 512] as [UInt32] {
          let record = ReverseMap.OwnerRecord(
            device: device, count: count, inode: .max, first: first)
          #expect(record.device == device && record.count == count)
          #expect(record.inode == .max && record.first == first)
        }
      }
    }
  }

  @Test("records end at windows, and merge within one")
  func windows() {
    var map = ReverseMap()
    map.insert(device: 500..<1600, inode: 7, first: 10_000)
    #expect(map.recordCount == 4)
    #expect(owners(map, of: 1023) == [BlockOwner(inode: 7, block: 10_523)])
    #expect(owners(map, of: 499) == [] && owners(map, of: 1600) == [])
    map.insert(device: 1600..<1700, inode: 7, first: 11_100)
    map.insert(device: 400..<500, inode: 7, first: 9900)
    #expect(map.recordCount == 4)
    // The same blocks for another file, and for the same at another place.
    map.insert(device: 600..<610, inode: 8, first: 10_100)
    map.insert(device: 600..<610, inode: 7, first: 0)
    #expect(map.recordCount == 6)
    let three: Set = [
      BlockOwner(inode: 7, block: 10_105), BlockOwner(inode: 8, block: 10_105),
      BlockOwner(inode: 7, block: 5),
    ]
    #expect(owners(map, of: 605) == three)
    map.remove(device: 605..<606, inode: 7, first: 10_105)
    #expect(map.recordCount == 7)
    map.insert(device: 605..<606, inode: 7, first: 10_105)
    #expect(map.recordCount == 6)
    map.remove(device: 400..<1700, inode: 7, first: 9900)
    map.remove(device: 600..<610, inode: 7, first: 0)
    map.remove(device: 600..<610, inode: 8, first: 10_100)
    #expect(map.recordCount == 0)
  }

  @Test("a walk sees each record that meets the range once, also while records go")
  func walk() {
    var map = ReverseMap()
    for block in stride(from: UInt32(0), to: 4000, by: 4) {
      map.insert(device: block..<block + 3, inode: block % 5, first: UInt64(block) * 7)
    }
    let range: Range<UInt32> = 702..<2901
    let expected = stride(from: UInt32(0), to: 4000, by: 4)
      .filter { $0 + 3 > range.lowerBound && $0 < range.upperBound }
    let found = runs(map, in: range)
    #expect(found.map(\.device.lowerBound).sorted() == expected)
    var next = map.firstOwner(in: range)
    var seen = 0
    while let run = next {
      map.remove(device: run.device, inode: run.inode, first: run.first)
      seen += 1
      next = map.nextOwner(in: range, after: run)
    }
    #expect(seen == expected.count && runs(map, in: range).isEmpty)
    #expect(map.recordCount == 1000 - seen)
    #expect(runs(map, in: 5..<5).isEmpty)
  }

  @Test("the same as a set of owners for each block, step by step", arguments: UInt64(1)...6)
  func oracle(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let blockCount = 1500
    var map = ReverseMap()
    var table = [Set<BlockOwner>](repeating: [], count: blockCount)
    for step in 0..<1500 {
      let start = random.below(blockCount)
      let end = min(blockCount, start + 1 + random.below(seed % 2 == 0 ? 8 : 700))
      let inode = UInt32(random.below(3))
      // File blocks below, at and above the device block; those below reach over zero's window.
      let first = UInt64(start) + UInt64(random.below(3)) * 100
      let range = start..<end
      let owner = { BlockOwner(inode: inode, block: first + UInt64($0 - start)) }
      let present = range.count { table[$0].contains(owner($0)) }
      let device = UInt32(start)..<UInt32(end)
      if present == 0 {
        map.insert(device: device, inode: inode, first: first)
        for block in range { table[block].insert(owner(block)) }
      } else if present == range.count {
        map.remove(device: device, inode: inode, first: first)
        for block in range { table[block].remove(owner(block)) }
      } else if let block = range.first(where: { table[$0].contains(owner($0)) }) {
        let one = UInt32(block)..<UInt32(block) + 1
        map.remove(device: one, inode: inode, first: owner(block).block)
        table[block].remove(owner(block))
      }
      #expect(owners(map, of: UInt32(start)) == table[start], "seed \(seed), step \(step)")
      if step % 200 == 0 { check(map, table) }
    }
    check(map, table)
  }

  private func check(_ map: borrowing ReverseMap, _ table: [Set<BlockOwner>]) {
    #expect(breaches(map.tree) == [])
    var rebuilt = [Set<BlockOwner>](repeating: [], count: table.count)
    let all = runs(map, in: 0..<UInt32(table.count))
    #expect(all.count == map.recordCount)
    for run in all {
      #expect(run.device.lowerBound / 512 == (run.device.upperBound - 1) / 512)
      for (place, block) in run.device.enumerated() {
        rebuilt[Int(block)].insert(BlockOwner(inode: run.inode, block: run.first + UInt64(place)))
      }
    }
    #expect(rebuilt == table)
    // As few records as there can be: none continues another of its window.
    let ends = Set(
      all.filter { $0.device.upperBound % 512 != 0 }.map {
        OwnerRun(
          device: $0.device.upperBound..<$0.device.upperBound, inode: $0.inode,
          first: $0.first + UInt64($0.device.count))
      })
    for run in all {
      let start = run.device.lowerBound..<run.device.lowerBound
      #expect(!ends.contains(OwnerRun(device: start, inode: run.inode, first: run.first)))
    }
  }
}
