extension RecordTree {
  /// Adds a record whose key is not there yet.
  @inline(__always)
  mutating func insert(_ record: Record) {
    guard let root else {
      insertFirst(record)
      return
    }
    let leaf = leaf(for: record, below: root)
    insert(record, into: leaf, at: leaf.countNotAfter(record))
  }

  /// Adds a record whose place is right behind one.
  @inline(__always)
  mutating func insert(_ record: Record, after cursor: Cursor) {
    let index = cursor.index &+ 1
    // Behind the last record of a leaf the key may belong to the next one.
    if index < cursor.leaf.count || cursor.leaf.next == nil {
      insert(record, into: cursor.leaf, at: index)
    } else {
      insert(record)
    }
  }

  @inline(__always)
  private mutating func insert(_ record: Record, into leaf: Node, at index: Int) {
    count &+= 1
    if leaf.count < Self.capacity {
      leaf.insertRecord(record, at: index)
    } else {
      insertSplitting(record, into: leaf, at: index)
    }
  }

  @inline(never)
  private mutating func insertFirst(_ record: Record) {
    let leaf = Node(isLeaf: true)
    precondition(!Record.precedes(leaf.record(at: 0), record), "a record behind all bits one")
    leaf.insertRecord(record, at: 0)
    root = leaf
    count = 1
  }

  @inline(never)
  private mutating func insertSplitting(_ record: Record, into leaf: Node, at index: Int) {
    // Records that come in ascending order leave full leaves behind.
    let isAppend = index == Self.capacity && leaf.next == nil
    let kept = Self.capacity - (isAppend ? Self.minimum : Self.capacity / 2)
    let right = Node(isLeaf: true)
    leaf.moveTail(from: kept, toFrontOf: right)
    right.next = leaf.next
    right.previous = leaf
    leaf.next?.previous = right
    leaf.next = right
    insertChild(right, separator: right.record(at: 0), behind: leaf, level: 0)
    if index > kept {
      right.insertRecord(record, at: index - kept)
    } else {
      leaf.insertRecord(record, at: index)
    }
  }

  /// Hangs a node that was split off into the tree.
  private mutating func insertChild(
    _ right: Node, separator: Record, behind left: Node, level: Int
  ) {
    guard level < height else {
      let top = Node(isLeaf: false)
      top.setFirstChild(left)
      top.insertChild(right, separator: separator, at: 0)
      root = top
      height += 1
      return
    }
    guard var parent = node(for: separator, level: level + 1) else { return }
    if parent.count + 1 == Self.capacity {
      let isAppend = !hasLater(separator, in: parent)
      let kept = Self.capacity - (isAppend ? Self.minimum : Self.capacity / 2)
      let next = Node(isLeaf: false)
      let upper = parent.moveChildren(from: kept, toEmpty: next)
      insertChild(next, separator: upper, behind: parent, level: level + 1)
      if !Record.precedes(separator, upper) { parent = next }
    }
    parent.insertChild(right, separator: separator, at: parent.countNotAfter(separator))
  }

  /// Whether an inner node has a separator behind a key.
  private func hasLater(_ probe: Record, in node: Node) -> Bool {
    node.countNotAfter(probe) < node.count
  }

  /// The node of a level in whose key range a probe lies; leaves are level 0.
  func node(for probe: Record, level: Int) -> Node? {
    guard var node = root else { return nil }
    var above = height
    while above > level {
      node = node.child(at: node.countNotAfter(probe))
      above -= 1
    }
    return node
  }
}
