extension RecordTree {
  /// Takes the record at a place out.
  @inline(__always)
  mutating func remove(at cursor: Cursor) {
    cursor.leaf.removeRecord(at: cursor.index)
    count &-= 1
    if cursor.leaf.count < Self.minimum { refill(cursor.leaf) }
  }

  /// Changes the record at a place; its new key lies between those of its neighbours.
  @inline(__always)
  mutating func replace(at cursor: Cursor, with record: Record) {
    let leaf = cursor.leaf
    let old = leaf.record(at: cursor.index)
    // A key that leaves the range of its leaf's records may cross a separator.
    let isFirstFalling = cursor.index == 0 && Record.precedes(record, old)
    let isLastRising = cursor.index &+ 1 == leaf.count && Record.precedes(old, record)
    if (isFirstFalling && leaf.previous != nil) || (isLastRising && leaf.next != nil) {
      move(cursor, to: record)
    } else {
      leaf.setRecord(record, at: cursor.index)
    }
  }

  @inline(never)
  private mutating func move(_ cursor: Cursor, to record: Record) {
    let leaf = cursor.leaf
    if let home = node(for: record, level: 0), home.isSame(as: leaf) {
      leaf.setRecord(record, at: cursor.index)
    } else {
      remove(at: cursor)
      insert(record)
    }
  }

  /// Mends a leaf with too few records.
  @inline(never)
  private mutating func refill(_ leaf: Node) {
    if height > 0 {
      refill(leaf, level: 0, probe: leaf.record(at: 0))
    } else if leaf.count == 0 {
      leaf.free()
      root = nil
    }
  }

  /// Merges a node below the root with a neighbour, or shares the neighbour's records.
  private mutating func refill(_ node: Node, level: Int, probe: Record) {
    guard let parent = self.node(for: probe, level: level + 1) else { return }
    let place = parent.countNotAfter(probe)
    let index = max(place, 1) - 1
    let left = parent.child(at: index)
    let right = parent.child(at: index + 1)
    let isMerged =
      level == 0
      ? refillLeaf(left, right, separatedBy: index, in: parent)
      : refillInner(left, right, separatedBy: index, in: parent)
    guard isMerged else { return }
    parent.removeChild(behind: index)
    right.free()
    if level + 1 == height {
      if parent.count == 0 {
        root = left
        height -= 1
        parent.free()
      }
    } else if parent.count + 1 < Self.minimum {
      refill(parent, level: level + 1, probe: probe)
    }
  }

  private func refillLeaf(
    _ left: Node, _ right: Node, separatedBy index: Int, in parent: Node
  ) -> Bool {
    let total = left.count + right.count
    if total <= Self.mergeLimit {
      left.takeHead(right.count, of: right)
      left.next = right.next
      right.next?.previous = left
      return true
    }
    let half = total / 2
    if left.count < half {
      left.takeHead(half - left.count, of: right)
    } else {
      left.moveTail(from: half, toFrontOf: right)
    }
    parent.setRecord(right.record(at: 0), at: index)
    return false
  }

  private func refillInner(
    _ left: Node, _ right: Node, separatedBy index: Int, in parent: Node
  ) -> Bool {
    var separator = parent.record(at: index)
    let total = left.count + right.count + 2
    if total <= Self.mergeLimit {
      left.takeChildren(of: right, separator: separator)
      return true
    }
    while left.count + 1 < total / 2 {
      separator = left.takeFirstChild(of: right, separator: separator)
    }
    while right.count + 1 < total / 2 {
      separator = left.giveLastChild(to: right, separator: separator)
    }
    parent.setRecord(separator, at: index)
    return false
  }
}
