extension RecordTree.Node {
  // SAFETY: as for the node: the tree answers for the counts, so that slots stay within capacity.

  /// Puts a record in front of the one at an index; there is room.
  @inline(__always)
  func insertRecord(_ record: Record, at index: Int) {
    let place = unsafe records + index
    unsafe (place + 1).update(from: place, count: count &- index)
    unsafe place.pointee = record
    count &+= 1
  }

  /// Takes the record at an index out.
  @inline(__always)
  func removeRecord(at index: Int) {
    let place = unsafe records + index
    count &-= 1
    unsafe place.update(from: place + 1, count: count &- index)
    vacate(count..<count &+ 1)
  }

  /// Puts a separator and the child behind it into an inner node with room.
  func insertChild(_ child: Self, separator: Record, at index: Int) {
    let place = unsafe children + index + 1
    unsafe (place + 1).update(from: place, count: count - index)
    unsafe place.pointee = child.base
    insertRecord(separator, at: index)
  }

  /// Takes a separator and the child behind it out.
  func removeChild(behind index: Int) {
    let place = unsafe children + index + 1
    unsafe place.update(from: place + 1, count: count - index - 1)
    removeRecord(at: index)
  }

  /// Sets the child in front of all separators.
  func setFirstChild(_ child: Self) { unsafe children[0] = child.base }

  /// Moves the records of a leaf from an index on to the front of another leaf.
  func moveTail(from index: Int, toFrontOf right: Self) {
    let moved = count - index
    unsafe (right.records + moved).update(from: right.records, count: right.count)
    unsafe right.records.update(from: records + index, count: moved)
    right.count += moved
    count = index
    vacate(index..<index + moved)
  }

  /// Moves the first records of another leaf to the end of this one.
  func takeHead(_ moved: Int, of right: Self) {
    unsafe (records + count).update(from: right.records, count: moved)
    count += moved
    right.count -= moved
    unsafe right.records.update(from: right.records + moved, count: right.count)
    right.vacate(right.count..<right.count + moved)
  }

  /// Moves the children of an inner node from an index on into an empty one.
  ///
  /// - Returns: The separator between the two.
  func moveChildren(from index: Int, toEmpty right: Self) -> Record {
    let moved = count - index
    let separator = record(at: index - 1)
    unsafe right.records.update(from: records + index, count: moved)
    unsafe right.children.update(from: children + index, count: moved + 1)
    right.count = moved
    count = index - 1
    vacate(count..<index + moved)
    return separator
  }

  /// Moves the last child to the front of another inner node.
  ///
  /// - Parameters:
  ///   - right: The next node.
  ///   - separator: What separates the two now.
  /// - Returns: What separates them then.
  func giveLastChild(to right: Self, separator: Record) -> Record {
    let upper = record(at: count - 1)
    let children = unsafe right.children
    unsafe (children + 1).update(from: children, count: right.count + 1)
    unsafe children.pointee = child(at: count).base
    right.insertRecord(separator, at: 0)
    count -= 1
    vacate(count..<count + 1)
    return upper
  }

  /// Moves the first child of another inner node to the end of this one.
  ///
  /// - Parameters:
  ///   - right: The next node.
  ///   - separator: What separates the two now.
  /// - Returns: What separates them then.
  func takeFirstChild(of right: Self, separator: Record) -> Record {
    let upper = right.record(at: 0)
    let children = unsafe right.children
    insertChild(right.child(at: 0), separator: separator, at: count)
    unsafe children.update(from: children + 1, count: right.count)
    right.removeRecord(at: 0)
    return upper
  }

  /// Appends all children of another inner node.
  func takeChildren(of right: Self, separator: Record) {
    setRecord(separator, at: count)
    unsafe (records + count + 1).update(from: right.records, count: right.count)
    unsafe (children + count + 1).update(from: right.children, count: right.count + 1)
    count += right.count + 1
    right.count = 0
  }
}
