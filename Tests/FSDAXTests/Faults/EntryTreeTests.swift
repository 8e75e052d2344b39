import Testing

@testable import FSDAX

@Suite("The entry tree")
struct EntryTreeTests {
  @Test("Random entries anywhere in a file agree with a dictionary", arguments: [1, 2] as [UInt64])
  func random(seed: UInt64) {
    var generator = Seeded(seed)
    let tree = EntryTree(inode: 1)
    var oracle = [UInt64: Entry]()
    let bases: [UInt64] = [0, 508, 1 << 18, 1 << 27 - 2, 1 << 36, 1 << 50]
    for step in 0..<5000 {
      let index = bases.randomElement(using: &generator)! + .random(in: 0..<8, using: &generator)
      let placed = tree.covering(index)
      #expect(placed?.entry == oracle[index], "seed \(seed) step \(step)")
      if let placed {
        tree.remove(placed)
        oracle[index] = nil
        if Bool.random(using: &generator) { tree.releaseLeaves(in: 0..<UInt64.max) }
      } else {
        let entry = Entry(lockedFrame: step + 1, isHuge: false)
        tree.insert(PlacedEntry(base: index, entry: entry))
        oracle[index] = entry
      }
      #expect(tree.pageCount == oracle.count)
    }
    var found: [UInt64] = []
    var cursor: UInt64 = 0
    while let placed = tree.next(from: cursor, before: .max) {
      found.append(placed.base)
      cursor = placed.pages.upperBound
    }
    #expect(found == oracle.keys.sorted(), "seed \(seed)")
  }

  @Test("A huge entry covers 512 indices and counts as many; split it has the same frames")
  func huge() {
    let tree = EntryTree(inode: 1)
    var entry = Entry(lockedFrame: 1024, isHuge: true)
    entry.isDirty = true
    tree.insert(PlacedEntry(base: 512, entry: entry))
    #expect(tree.pageCount == 512)
    #expect(tree.covering(511) == nil && tree.covering(1024) == nil)
    #expect(tree.covering(1023)?.base == 512)
    #expect(tree.next(from: 700, before: 701)?.base == 512)
    tree.split(PlacedEntry(base: 512, entry: entry))
    #expect(tree.pageCount == 512 && tree.hasSmallEntries(around: 512))
    let piece = tree.covering(700)?.entry
    #expect(piece?.frame == 1024 + 188 && piece?.isDirty == true && piece?.isLocked == false)
  }
}
