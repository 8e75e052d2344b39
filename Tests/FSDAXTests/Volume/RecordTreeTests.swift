import Testing

@testable import FSDAX

/// A record with a payload, so that a mix-up of records shows.
private struct Pair: TreeRecord, Hashable {
  var key: UInt64
  var value: UInt64

  static func precedes(_ left: Pair, _ right: Pair) -> Bool { left.key < right.key }
}

@Suite("ordered tree")
struct RecordTreeTests {
  private func probe(_ key: UInt64) -> Pair { Pair(key: key, value: .max) }

  private func pairs(_ tree: borrowing RecordTree<Pair>) -> [Pair] {
    var found: [Pair] = []
    var cursor = tree.first
    while let at = cursor {
      found.append(tree.record(at: at))
      cursor = tree.next(after: at)
    }
    return found
  }

  private func reversedPairs(_ tree: borrowing RecordTree<Pair>) -> [Pair] {
    var found: [Pair] = []
    var cursor = tree.last
    while let at = cursor {
      found.append(tree.record(at: at))
      cursor = tree.previous(before: at)
    }
    return found
  }

  private func tree(_ keys: some Sequence<UInt64>) -> RecordTree<Pair> {
    var tree = RecordTree<Pair>()
    for key in keys { tree.insert(Pair(key: key, value: ~key)) }
    return tree
  }

  @Test("an empty tree has no memory and finds nothing")
  func empty() {
    var tree = RecordTree<Pair>()
    let hasNothing = tree.root == nil && tree.first == nil && tree.last == nil && tree.isEmpty
    #expect(hasNothing)
    let findsNothing = tree.floor(probe(.max)) == nil && tree.ceiling(probe(0)) == nil
    #expect(findsNothing)
    tree.removeAll()
    #expect(breaches(tree) == [])
  }

  @Test("one record is floor and ceiling of what it should be")
  func one() throws {
    var tree = tree([7])
    let isAlone = tree.floor(probe(6)) == nil && tree.ceiling(probe(8)) == nil
    #expect(isAlone)
    for key in [7, 8, UInt64.max] {
      let cursor = try found(tree.floor(probe(key)))
      #expect(tree.record(at: cursor).value == ~7)
    }
    for key in [0, 6, UInt64(7)] {
      let cursor = try found(tree.ceiling(probe(key)))
      #expect(tree.record(at: cursor).value == ~7)
    }
    let cursor = try found(tree.first)
    let hasNeighbours = tree.next(after: cursor) != nil || tree.previous(before: cursor) != nil
    #expect(!hasNeighbours)
    tree.remove(at: cursor)
    let isGone = tree.root == nil && tree.count == 0
    #expect(isGone)
  }

  enum Order: CaseIterable, Sendable { case ascending, descending, random }

  private func keys(_ count: Int, _ order: Order, seed: UInt64) -> [UInt64] {
    let ascending = (0..<UInt64(count)).map { $0 * 3 + 1 }
    var random = SplitMix(seed: seed)
    switch order {
    case .ascending: return ascending
    case .descending: return ascending.reversed()
    case .random: return ascending.shuffled(using: &random)
    }
  }

  @Test(
    "filled in one order and emptied in another, sound after each step",
    arguments: Order.allCases, Order.allCases)
  func fillAndEmpty(filling: Order, emptying: Order) throws {
    let count = 9000
    var tree = RecordTree<Pair>()
    for (step, key) in keys(count, filling, seed: 1).enumerated() {
      tree.insert(Pair(key: key, value: ~key))
      if step % 97 == 0 { #expect(breaches(tree) == []) }
    }
    #expect(breaches(tree) == [])
    #expect(tree.count == count && tree.height >= 2)
    let sorted = keys(count, .ascending, seed: 0).map { Pair(key: $0, value: ~$0) }
    #expect(pairs(tree) == sorted)
    #expect(reversedPairs(tree) == sorted.reversed())
    for (step, key) in keys(count, emptying, seed: 2).enumerated() {
      let cursor = try found(tree.floor(probe(key)))
      #expect(tree.record(at: cursor).key == key)
      tree.remove(at: cursor)
      if step % 97 == 0 { #expect(breaches(tree) == []) }
    }
    let isGone = tree.root == nil && tree.height == 0
    #expect(isGone)
  }

  @Test("ascending keys leave nodes three quarters full behind")
  func ascendingFill() {
    let tree = tree(0..<4800)
    var leaves = 0
    var node = tree.first?.leaf
    while let leaf = node {
      leaves += 1
      node = leaf.next
    }
    #expect(leaves <= 4800 / 48 + 1)
  }

  @Test("the same as a sorted array, step by step", arguments: UInt64(1)...6)
  func oracle(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var tree = RecordTree<Pair>()
    var sorted: [Pair] = []
    let span = [40, 200, 4000, 20_000, 100_000, 1_000_000][Int(seed) - 1]
    for step in 0..<12_000 {
      let key = UInt64(random.below(span))
      let place = sorted.partitioned(before: key)
      let isThere = place < sorted.count && sorted[place].key == key
      // Phases that grow and phases that shrink.
      let shrinks = step / 1500 % 2 == 1
      switch random.below(10) {
      case 0..<(shrinks ? 1 : 5) where !isThere:
        let pair = Pair(key: key, value: random.next())
        let before = tree.floor(probe(key))
        if let before, random.below(2) == 0 {
          tree.insert(pair, after: before)
        } else {
          tree.insert(pair)
        }
        sorted.insert(pair, at: place)
      case 5..<(shrinks ? 9 : 6):
        guard let cursor = tree.ceiling(probe(key)) else {
          #expect(place == sorted.count)
          continue
        }
        #expect(tree.record(at: cursor) == sorted[place])
        tree.remove(at: cursor)
        sorted.remove(at: place)
      case 9 where place < sorted.count:
        // A new key anywhere between the neighbours' keys.
        let low = place > 0 ? sorted[place - 1].key + 1 : 0
        let high = place + 1 < sorted.count ? sorted[place + 1].key - 1 : UInt64(span)
        let pair = Pair(key: low + random.next() % (high - low + 1), value: random.next())
        tree.replace(at: try found(tree.ceiling(probe(key))), with: pair)
        sorted[place] = pair
      default:
        let floor = tree.floor(probe(key)).map { tree.record(at: $0) }
        let ceiling = tree.ceiling(probe(key)).map { tree.record(at: $0) }
        let expected = isThere ? place : place - 1
        #expect(floor == (expected >= 0 ? sorted[expected] : nil), "seed \(seed), step \(step)")
        #expect(ceiling == (place < sorted.count ? sorted[place] : nil))
      }
      if step % 61 == 0 { #expect(breaches(tree) == [], "seed \(seed), step \(step)") }
    }
    #expect(pairs(tree) == sorted)
    #expect(breaches(tree) == [])
    tree.removeAll()
    #expect(pairs(tree) == [])
  }

  @Test("a key that crosses a stale separator moves to the leaf it belongs to")
  func staleSeparators() throws {
    var tree = tree((0..<200).map { $0 * 10 })
    // The first keys of every leaf go, their separators stay; then the key in front rises.
    var leaf = tree.first?.leaf.next
    while let node = leaf {
      let separator = node.record(at: 0).key
      let cursor = try found(tree.floor(probe(separator)))
      tree.remove(at: cursor)
      let before = try found(tree.floor(probe(separator)))
      #expect(before.index == before.leaf.count - 1)
      tree.replace(at: before, with: Pair(key: separator + 5, value: 1))
      #expect(breaches(tree) == [])
      let risen = try found(tree.floor(probe(separator + 5)))
      #expect(tree.record(at: risen) == Pair(key: separator + 5, value: 1))
      // And falls again.
      tree.replace(at: risen, with: Pair(key: separator - 5, value: 2))
      #expect(breaches(tree) == [])
      let fallen = try found(tree.floor(probe(separator)))
      #expect(tree.record(at: fallen) == Pair(key: separator - 5, value: 2))
      tree.insert(Pair(key: separator + 7, value: 3), after: fallen)
      #expect(breaches(tree) == [])
      leaf = tree.floor(probe(separator + 10))?.leaf.next
    }
    #expect(tree.height == 1)
  }

  @Test("a hundred thousand records and none, in bounded memory")
  func large() throws {
    var tree = RecordTree<Pair>()
    var random = SplitMix(seed: 11)
    for _ in 0..<100_000 { tree.insert(Pair(key: random.next(), value: 0)) }
    #expect(tree.count == 100_000 && tree.height == 2)
    #expect(breaches(tree) == [])
    // Nine of ten go; what is left is in a tenth of the nodes or little more.
    random = SplitMix(seed: 11)
    for index in 0..<100_000 {
      let key = random.next()
      if index % 10 == 0 { continue }
      tree.remove(at: try found(tree.floor(probe(key))))
    }
    #expect(tree.count == 10_000)
    #expect(breaches(tree) == [])
  }
}

extension [Pair] {
  /// How many keys are below one.
  fileprivate func partitioned(before key: UInt64) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
