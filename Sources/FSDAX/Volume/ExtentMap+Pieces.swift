extension ExtentMap {
  /// Cuts out the lowest piece of an extent inside a range of file blocks.
  mutating func removeFirst(in range: Range<UInt64>) -> Extent? {
    guard !range.isEmpty, let cursor = cursor(atOrAfter: range.lowerBound) else { return nil }
    let whole = tree.record(at: cursor)
    guard whole.first < range.upperBound else { return nil }
    let piece = whole.clipped(to: range)
    cut(piece, outOf: whole, at: cursor)
    return piece
  }

  /// Cuts out the highest piece of an extent inside a range of file blocks.
  mutating func removeLast(in range: Range<UInt64>) -> Extent? {
    guard !range.isEmpty, let cursor = tree.floor(Self.probe(range.upperBound &- 1)) else {
      return nil
    }
    let whole = tree.record(at: cursor)
    guard whole.end > range.lowerBound else { return nil }
    let piece = whole.clipped(to: range)
    cut(piece, outOf: whole, at: cursor)
    return piece
  }

  /// Leaves of an extent what lies outside one of its pieces.
  @inline(__always)
  private mutating func cut(
    _ piece: Extent, outOf whole: Extent, at cursor: RecordTree<Extent>.Cursor
  ) {
    let hasHead = piece.first > whole.first
    let hasTail = piece.end < whole.end
    switch (hasHead, hasTail) {
    case (false, false):
      tree.remove(at: cursor)
    case (false, true):
      tree.replace(at: cursor, with: whole.clipped(to: piece.end..<whole.end))
    case (true, false):
      tree.replace(at: cursor, with: whole.clipped(to: whole.first..<piece.first))
    case (true, true):
      tree.replace(at: cursor, with: whole.clipped(to: whole.first..<piece.first))
      tree.insert(whole.clipped(to: piece.end..<whole.end), after: cursor)
    }
  }

  /// Exchanges the blocks behind a range that lies inside one extent: a remap in one step.
  ///
  /// - Parameter extent: What the range stands for from now on.
  /// - Returns: What it stood for; nil, and nothing changed, if it is not inside one extent.
  mutating func replace(_ extent: Extent) -> Extent? {
    guard let cursor = tree.floor(Self.probe(extent.first)) else { return nil }
    let whole = tree.record(at: cursor)
    guard extent.end <= whole.end else { return nil }
    let piece = whole.clipped(to: extent.first..<extent.end)
    if piece.first == whole.first, replaceHead(piece, of: whole, at: cursor, by: extent) {
      return piece
    }
    cut(piece, outOf: whole, at: cursor)
    insert(extent)
    return piece
  }

  /// The common cases of a remap that leave the tree's shape alone; false if it is none of them.
  @inline(__always)
  private mutating func replaceHead(
    _ piece: Extent, of whole: Extent, at cursor: RecordTree<Extent>.Cursor, by extent: Extent
  ) -> Bool {
    let before = tree.previous(before: cursor)
    if let before {
      var previous = tree.record(at: before)
      if Self.merges(previous, extent) {
        // A file rewritten in order: the new blocks go on where the last ones ended.
        guard piece.end < whole.end else { return false }
        previous.count = previous.count &+ extent.count
        tree.replace(at: before, with: previous)
        tree.replace(at: cursor, with: whole.clipped(to: piece.end..<whole.end))
        return true
      }
    }
    // A whole extent exchanged for one that continues no neighbour.
    guard piece.end == whole.end else { return false }
    if let behind = tree.next(after: cursor), Self.merges(extent, tree.record(at: behind)) {
      return false
    }
    tree.replace(at: cursor, with: extent)
    return true
  }

  /// Converts the written and unwritten pieces inside a range of file blocks.
  ///
  /// A delayed piece has no blocks that could change their state, and stays.
  ///
  /// - Parameters:
  ///   - state: Written or unwritten.
  ///   - range: File blocks, holes among them or not.
  mutating func setState(_ state: ExtentState, in range: Range<UInt64>) {
    precondition(state != .delayed, "blocks do not become a promise again")
    var block = range.lowerBound
    while block < range.upperBound, let next = extent(atOrAfter: block) {
      guard next.first < range.upperBound else { return }
      var piece = next.clipped(to: block..<range.upperBound)
      block = piece.end
      guard piece.state != state, piece.state != .delayed else { continue }
      piece.state = state
      _ = replace(piece)
    }
  }
}
