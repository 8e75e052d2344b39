/// A record that a tree keeps in the order of its key.
///
/// All bits one is a record too, and not before any other: unused slots of a node hold it.
protocol TreeRecord: BitwiseCopyable, Sendable {
  /// Whether the key of one record is strictly before that of another.
  static func precedes(_ left: Self, _ right: Self) -> Bool
}

/// Records in key order, each key once: a B+tree.
///
/// Nodes have 64 slots, so a million records are three levels deep, the upper two of which stay in
/// the second-level cache. Separators are lazy: every key below one is smaller than it and every
/// key above is not, but it need not be a key that is still there.
///
/// One thread at a time changes a tree; any number may look at it while nobody changes it.
@safe
struct RecordTree<Record: TreeRecord>: ~Copyable {
  // SAFETY: the tree owns its nodes. A node is reachable from the root until it is freed, and a
  // cursor names a node that was reachable when no change has happened since.

  /// The topmost node, a leaf at height 0.
  var root: Node?
  /// Levels of inner nodes above the leaves.
  var height = 0
  /// How many records there are.
  var count = 0

  /// A tree without records, which owns no memory.
  init() { root = nil }

  deinit {
    if let root { Self.free(root, height: height) }
  }

  /// Whether there is no record.
  var isEmpty: Bool { count == 0 }

  /// Frees a node and all below it.
  static func free(_ node: Node, height: Int) {
    if height > 0 {
      for index in 0...node.count { free(node.child(at: index), height: height - 1) }
    }
    node.free()
  }

  /// Forgets all records and returns their memory.
  mutating func removeAll() {
    if let root { Self.free(root, height: height) }
    root = nil
    height = 0
    count = 0
  }
}

extension RecordTree {
  /// The place of a record, valid until the next change of the tree.
  struct Cursor {
    let leaf: Node
    let index: Int
  }

  /// The leaf in whose key range a probe lies.
  @inline(__always)
  func leaf(for probe: Record, below root: Node) -> Node {
    var node = root
    var level = height
    while level > 0 {
      node = node.child(at: node.countNotAfter(probe))
      level &-= 1
    }
    return node
  }

  /// The last record whose key is not after that of a probe.
  @inline(__always)
  func floor(_ probe: Record) -> Cursor? {
    guard let root else { return nil }
    let leaf = leaf(for: probe, below: root)
    let index = leaf.countNotAfter(probe)
    if index > 0 { return Cursor(leaf: leaf, index: index &- 1) }
    guard let before = leaf.previous else { return nil }
    return Cursor(leaf: before, index: before.count &- 1)
  }

  /// The first record whose key is not before that of a probe.
  @inline(__always)
  func ceiling(_ probe: Record) -> Cursor? {
    guard let root else { return nil }
    let leaf = leaf(for: probe, below: root)
    let index = leaf.countNotAfter(probe)
    if index > 0, !Record.precedes(leaf.record(at: index &- 1), probe) {
      return Cursor(leaf: leaf, index: index &- 1)
    }
    if index < leaf.count { return Cursor(leaf: leaf, index: index) }
    guard let after = leaf.next else { return nil }
    return Cursor(leaf: after, index: 0)
  }

  /// The first record.
  var first: Cursor? {
    guard var node = root else { return nil }
    for _ in 0..<height { node = node.child(at: 0) }
    return Cursor(leaf: node, index: 0)
  }

  /// The last record.
  var last: Cursor? {
    guard var node = root else { return nil }
    for _ in 0..<height { node = node.child(at: node.count) }
    return Cursor(leaf: node, index: node.count - 1)
  }

  /// The record at a place.
  @inline(__always)
  func record(at cursor: Cursor) -> Record { cursor.leaf.record(at: cursor.index) }

  /// The place behind one.
  @inline(__always)
  func next(after cursor: Cursor) -> Cursor? {
    let index = cursor.index &+ 1
    if index < cursor.leaf.count { return Cursor(leaf: cursor.leaf, index: index) }
    guard let after = cursor.leaf.next else { return nil }
    return Cursor(leaf: after, index: 0)
  }

  /// The place in front of one.
  @inline(__always)
  func previous(before cursor: Cursor) -> Cursor? {
    if cursor.index > 0 { return Cursor(leaf: cursor.leaf, index: cursor.index &- 1) }
    guard let before = cursor.leaf.previous else { return nil }
    return Cursor(leaf: before, index: before.count &- 1)
  }
}
