import Testing

@testable import FSDAX

/// Each file block by itself: what the map has to say of it.
private struct BlockTable {
  struct Entry: Hashable {
    var device: UInt32
    var state: ExtentState
  }

  var entries: [Entry?]

  /// Puts an extent block by block.
  mutating func put(_ extent: Extent) {
    for place in 0..<extent.count {
      let device = extent.state == .delayed ? 0 : extent.device + place
      entries[Int(extent.first) + Int(place)] = Entry(device: device, state: extent.state)
    }
  }

  /// Whether a range has no blocks.
  func isHole(_ range: Range<Int>) -> Bool { entries[range].allSatisfy { $0 == nil } }
}

@Suite("extent map")
struct ExtentMapTests {
  @Test("Before the extent of device block 1 a hole is a hole", arguments: [0, 5, 512] as [UInt64])
  func firstDeviceBlock(first: UInt64) {
    var map = ExtentMap()
    let extent = Extent(first: first, device: 1, count: 3, state: .written)
    map.insert(extent)
    #expect(map.removeLast(in: 0..<1000) == extent)
    #expect(map.isEmpty && map.removeLast(in: 0..<1000) == nil)
  }

  @Test("Memory for blocks from one on is given back, but for the first chunk")
  func release() {
    var map = ExtentMap()
    let firsts: [UInt64] = [0, 600, 1024, 1 << 21, 1 << 22, 1 << 22 + 512, 1 << 40]
    let all = firsts.map { Extent(first: $0, device: 9, count: 20, state: .written) }
    for extent in all { map.insert(extent) }
    for extent in all[2...] { map.remove(extent) }
    map.release(from: 700)
    #expect(withMemory(map, firsts) == [0, 600])
    #expect(extents(map) == Array(all[..<2]))
    #expect(map.lastMapped(before: .max) == 619)
    // All of it can be mapped again.
    for extent in all[2...] { map.insert(extent) }
    #expect(extents(map) == all)
    while map.removeLast(in: 0..<UInt64.max) != nil {}
    map.release(from: 0)
    #expect(withMemory(map, firsts) == [0])
    #expect(extents(map) == [])
    #expect(map.lastMapped(before: .max) == nil)
    map.release(from: 1 << 50)
    map.insert(all[6])
    #expect(extents(map) == [all[6]])
  }

  @Test("Truncation gives back the memory of what it cuts off")
  func truncation() throws {
    let rig = try Rig(byteCount: 16 << 20)
    let old = [UInt8](repeating: 7, count: 4 << 20)
    let file = try rig.file(old)
    rig.shareBlocks(file, with: try rig.volume.create())
    try rig.volume.setAttributes(of: file) { $0.cowExtentHint = 1024 }
    try rig.write(file, 0, [1])
    let inode = rig.inode(file)
    #expect(withMemory(inode.data, [0, 512]) == [0, 512])
    #expect(withMemory(inode.cow, [0, 512]) == [0, 512])
    try rig.volume.truncate(file, to: 5000)
    #expect(withMemory(inode.data, [0, 512]) == [0])
    #expect(withMemory(inode.cow, [0, 512]) == [0])
    try rig.volume.truncate(file, to: 4 << 20)
    try rig.write(file, 3 << 20, pattern(4096))
    let expected = [1] + old[1..<5000] + zeros((3 << 20) - 5000) + pattern(4096)
    #expect(try rig.read(file, 0, 3 << 20 + 4096) == expected)
    rig.expectInvariants()
  }

  /// Those of the blocks for which the map has words.
  private func withMemory(_ map: borrowing ExtentMap, _ blocks: [UInt64]) -> [UInt64] {
    var found: [UInt64] = []
    for block in blocks where map.chunks.chunk(block >> ExtentChunk.shift) != nil {
      found.append(block)
    }
    return found
  }

  private func extents(_ map: borrowing ExtentMap) -> [Extent] {
    var extents: [Extent] = []
    var next = map.extent(atOrAfter: 0)
    while let extent = next {
      extents.append(extent)
      next = map.extent(atOrAfter: extent.end)
    }
    return extents
  }

  private func table(_ map: borrowing ExtentMap, blockCount: Int) -> BlockTable {
    var table = BlockTable(entries: Array(repeating: nil, count: blockCount))
    for extent in extents(map) { table.put(extent) }
    return table
  }

  private func extent(
    _ first: UInt64, _ device: UInt32, _ count: UInt32, _ state: ExtentState = .written
  ) -> Extent {
    Extent(first: first, device: device, count: count, state: state)
  }

  @Test("an extent packs into 16 bytes without loss")
  func packing() {
    #expect(MemoryLayout<Extent>.stride == 16)
    for state in [ExtentState.written, .unwritten, .delayed] {
      var packed = extent(1 << 52 - 1, .max, 1 << 30 - 1, state)
      #expect(packed.first == 1 << 52 - 1 && packed.count == 1 << 30 - 1)
      #expect(packed.state == state && packed.device == (state == .delayed ? 0 : .max))
      packed.count = 1
      #expect(packed.count == 1 && packed.state == state && packed.end == 1 << 52)
    }
    let part = extent(100, 7, 10, .unwritten).clipped(to: 103..<200)
    #expect(part == extent(103, 10, 7, .unwritten))
    #expect(extent(100, 0, 10, .delayed).clipped(to: 0..<104) == extent(100, 0, 4, .delayed))
  }

  @Test("an empty map is one hole")
  func empty() {
    var map = ExtentMap()
    let nothing = [
      map.extent(containing: 0), map.extent(atOrAfter: 0),
      map.removeFirst(in: 0..<100), map.removeLast(in: 0..<100), map.replace(extent(0, 1, 1)),
    ]
    #expect(nothing.allSatisfy { $0 == nil })
    #expect(map.lastMapped(before: .max) == nil)
    map.setState(.written, in: 0..<100)
    #expect(map.extentCount == 0)
    let isEmpty = map.isEmpty
    #expect(isEmpty)
  }

  @Test("neighbours merge on both sides, and only those that continue each other")
  func merging() {
    var map = ExtentMap()
    map.insert(extent(0, 100, 10))
    map.insert(extent(20, 120, 10))
    map.insert(extent(10, 110, 10))
    #expect(extents(map) == [extent(0, 100, 30)])
    map.insert(extent(30, 130, 5, .unwritten))
    map.insert(extent(35, 136, 5, .unwritten))
    #expect(map.extentCount == 3)
    map.insert(extent(40, 0, 5, .delayed))
    map.insert(extent(45, 0, 5, .delayed))
    #expect(map.extent(containing: 40) == extent(40, 0, 10, .delayed))
  }

  @Test("an extent starts where one looks, and has 2^21 blocks at most")
  func longest() {
    let limit: UInt32 = 1 << 21
    var map = ExtentMap()
    map.insert(extent(5, 1, limit + 10))
    #expect(map.extent(atOrAfter: 0) == extent(5, 1, limit))
    #expect(map.extent(atOrAfter: 16) == extent(16, 12, limit - 1))
    #expect(map.extent(atOrAfter: 0, limit: 5) == nil)
    #expect(map.extent(atOrAfter: 5, limit: 5) == nil)
    #expect(map.extent(atOrAfter: 0, limit: 7) == extent(5, 1, 2))
    let piece = map.removeFirst(in: 700..<701)
    #expect(piece == extent(700, 696, 1))
    #expect(map.extent(atOrAfter: 6) == extent(6, 2, 694))
  }

  @Test("offsets behind the first 16 GiB are found in order")
  func sparse() {
    let firsts: [UInt64] = [0, 511, 1 << 22 - 1, 1 << 22, 1 << 30, 1 << 51]
    var map = ExtentMap()
    for (index, first) in firsts.reversed().enumerated() {
      map.insert(extent(first, UInt32(1 + 10 * index), 1))
    }
    #expect(extents(map).map(\.first) == firsts)
    // Not as optionals: comparing those to an expression, #expect reads past a copy on its stack.
    let found = [UInt64.max, 1 << 30, 1 << 22].map { map.lastMapped(before: $0) ?? .max }
    #expect(found == [1 << 51, 1 << 22, 1 << 22 - 1])
    #expect(map.lastMapped(before: 1 << 22 - 1, floor: 600) == nil)
    #expect(map.extent(atOrAfter: 1 << 22 + 1, limit: 1 << 29) == nil)
    for first in firsts.shuffled() { #expect(map.removeLast(in: first..<first + 1) != nil) }
    let isEmpty = map.isEmpty
    #expect(isEmpty)
  }

  @Test("a file rewritten in order stays two extents")
  func sequentialRewrite() {
    var map = ExtentMap()
    map.insert(extent(0, 1000, 64))
    for block in 0..<64 {
      let old = map.replace(extent(UInt64(block), 5000 + UInt32(block), 1))
      #expect(old == extent(UInt64(block), 1000 + UInt32(block), 1))
      #expect(map.extentCount == (block == 63 ? 1 : 2))
    }
    #expect(extents(map) == [extent(0, 5000, 64)])
  }

  @Test("a replacement that is not inside one extent changes nothing")
  func replaceOutside() {
    var map = ExtentMap()
    map.insert(extent(10, 100, 10))
    map.insert(extent(20, 300, 10))
    let before = extents(map)
    for range in [(5, 5), (5, 6), (15, 10), (19, 2), (29, 2), (30, 1)] as [(UInt64, UInt32)] {
      #expect(map.replace(extent(range.0, 900, range.1)) == nil)
    }
    #expect(extents(map) == before)
  }

  @Test("the same as a table of blocks, step by step", arguments: UInt64(1)...8)
  func oracle(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let blockCount = seed % 2 == 0 ? 300 : 6000
    let longest = seed % 4 < 2 ? 5 : 60
    var map = ExtentMap()
    var table = BlockTable(entries: Array(repeating: nil, count: blockCount))
    for step in 0..<6000 {
      let first = random.below(blockCount)
      let range = first..<min(blockCount, first + 1 + random.below(longest))
      let blocks = UInt64(range.lowerBound)..<UInt64(range.upperBound)
      let state: ExtentState = [.written, .unwritten, .delayed][random.below(3)]
      // Devices near the file block, so that many continue each other.
      let device = UInt32(1 + first + 1000 * random.below(3))
      let new = extent(UInt64(first), device, UInt32(range.count), state)
      switch random.below(9) {
      case 0...2 where table.isHole(range):
        map.insert(new)
        table.put(new)
      case 3:
        let isLow = random.below(2) == 0
        let piece = isLow ? map.removeFirst(in: blocks) : map.removeLast(in: blocks)
        let taken = range.filter { table.entries[$0] != nil }
        #expect((piece == nil) == taken.isEmpty)
        guard let piece, let low = taken.first, let high = taken.last else { continue }
        #expect(isLow ? Int(piece.first) == low : Int(piece.end) == high + 1)
        var copy = BlockTable(entries: Array(repeating: nil, count: blockCount))
        copy.put(piece)
        for block in Int(piece.first)..<Int(piece.end) {
          #expect(range.contains(block) && copy.entries[block] == table.entries[block])
          table.entries[block] = nil
        }
      case 4, 5:
        guard let old = map.replace(new) else {
          let isInside = map.extent(containing: new.first).map { $0.end >= new.end }
          #expect(isInside != true)
          continue
        }
        #expect(old.first == new.first && old.count == new.count)
        var copy = BlockTable(entries: Array(repeating: nil, count: blockCount))
        copy.put(old)
        for block in range { #expect(copy.entries[block] == table.entries[block]) }
        table.put(new)
      case 6:
        let target: ExtentState = random.below(2) == 0 ? .written : .unwritten
        map.setState(target, in: blocks)
        for block in range where table.entries[block]?.state != .delayed {
          table.entries[block]?.state = target
        }
      case 7:
        let limit = UInt64(range.upperBound)
        guard let old = map.extent(containing: new.first, limit: limit) else { continue }
        if random.below(2) == 0 {
          map.remove(old)
          for block in Int(old.first)..<Int(old.end) { table.entries[block] = nil }
        } else {
          let other = extent(old.first, device, old.count, state)
          map.overwrite(other)
          table.put(other)
        }
      default:
        let isInChunk = range.lowerBound / 512 == (range.upperBound - 1) / 512
        #expect(map.isHole(inChunk: blocks) == (isInChunk && table.isHole(range)))
        checkLookups(map, table, at: first)
      }
      if step % 50 == 0 {
        #expect(self.table(map, blockCount: blockCount).entries == table.entries, "step \(step)")
        #expect(map.blockCount == table.entries.count { $0 != nil })
      }
    }
    #expect(self.table(map, blockCount: blockCount).entries == table.entries)
    while map.removeLast(in: 0..<UInt64(blockCount)) != nil {}
    #expect(map.extentCount == 0)
  }

  private func checkLookups(_ map: borrowing ExtentMap, _ table: BlockTable, at block: Int) {
    let containing = map.extent(containing: UInt64(block))
    #expect((containing != nil) == (table.entries[block] != nil))
    if let containing {
      let device = containing.device + UInt32(UInt64(block) - containing.first)
      let entry = table.entries[block]
      #expect(entry?.state == containing.state)
      #expect(containing.state == .delayed || entry?.device == device)
    }
    let next = map.extent(atOrAfter: UInt64(block))
    let expected = table.entries[block...].firstIndex { $0 != nil }
    #expect(next.map { max(Int($0.first), block) } == expected)
    let before = map.lastMapped(before: UInt64(block)).map { Int($0) }
    #expect(before == table.entries[..<block].lastIndex { $0 != nil })
    let limit = UInt64(block + 3)
    #expect(map.extent(atOrAfter: UInt64(block), limit: limit).map { $0.end <= limit } ?? true)
  }
}
