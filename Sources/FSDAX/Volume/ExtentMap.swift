/// The extents of one file in order, none overlapping another.
///
/// One thread at a time changes a map; any number may look at it while nobody changes it.
struct ExtentMap: ~Copyable {
  /// Neighbours merge up to this many blocks.
  @inline(__always) static var mergeLimit: UInt32 { 1 << 21 }

  /// The extents by their first file block.
  var tree = RecordTree<Extent>()

  /// A map without extents: one hole.
  init() {}

  /// How many extents there are.
  var extentCount: Int { tree.count }

  /// Whether the file is one hole.
  var isEmpty: Bool { tree.isEmpty }

  /// What a search for a file block compares with.
  @inline(__always)
  static func probe(_ block: UInt64) -> Extent {
    Extent(first: block, device: 0, count: 1, state: .written)
  }

  /// The extent that holds a file block.
  func extent(containing block: UInt64) -> Extent? {
    guard let cursor = tree.floor(Self.probe(block)) else { return nil }
    let extent = tree.record(at: cursor)
    return block < extent.end ? extent : nil
  }

  /// The extent that holds a file block, else the next one.
  func extent(atOrAfter block: UInt64) -> Extent? {
    cursor(atOrAfter: block).map { tree.record(at: $0) }
  }

  /// The last extent that starts before a file block.
  func extent(before block: UInt64) -> Extent? {
    guard block > 0, let cursor = tree.floor(Self.probe(block &- 1)) else { return nil }
    return tree.record(at: cursor)
  }

  /// The place of the extent that holds a file block, else of the next one.
  @inline(__always)
  func cursor(atOrAfter block: UInt64) -> RecordTree<Extent>.Cursor? {
    guard let cursor = tree.floor(Self.probe(block)) else { return tree.first }
    return block < tree.record(at: cursor).end ? cursor : tree.next(after: cursor)
  }

  /// Whether an extent may take in the next one.
  @inline(__always)
  static func merges(_ left: Extent, _ right: Extent) -> Bool {
    left.isContinued(by: right) && left.count &+ right.count <= mergeLimit
  }

  /// Puts an extent into a hole, and merges it with neighbours that it continues.
  mutating func insert(_ extent: Extent) {
    guard let before = tree.floor(Self.probe(extent.first)) else {
      insertFirst(extent)
      return
    }
    let previous = tree.record(at: before)
    precondition(previous.end <= extent.first, "the range is no hole")
    let behind = tree.next(after: before)
    if let behind {
      let next = tree.record(at: behind)
      precondition(extent.end <= next.first, "the range is no hole")
      if Self.merges(extent, next) {
        insertInFront(extent, of: behind, previous: before)
        return
      }
    }
    if Self.merges(previous, extent) {
      var merged = previous
      merged.count = previous.count &+ extent.count
      tree.replace(at: before, with: merged)
    } else {
      tree.insert(extent, after: before)
    }
  }

  /// Puts an extent in front of all others.
  private mutating func insertFirst(_ extent: Extent) {
    guard let behind = tree.first else {
      tree.insert(extent)
      return
    }
    let next = tree.record(at: behind)
    precondition(extent.end <= next.first, "the range is no hole")
    if Self.merges(extent, next) {
      var merged = extent
      merged.count = extent.count &+ next.count
      tree.replace(at: behind, with: merged)
    } else {
      tree.insert(extent)
    }
  }

  /// Puts an extent in front of one that continues it, and may itself continue the one before.
  private mutating func insertInFront(
    _ extent: Extent, of behind: RecordTree<Extent>.Cursor, previous: RecordTree<Extent>.Cursor
  ) {
    var merged = extent
    merged.count = extent.count &+ tree.record(at: behind).count
    let before = tree.record(at: previous)
    if Self.merges(before, merged) {
      var whole = before
      whole.count = before.count &+ merged.count
      tree.replace(at: previous, with: whole)
      tree.remove(at: behind)
    } else if Self.merges(before, extent) {
      var grown = before
      grown.count = before.count &+ extent.count
      tree.replace(at: previous, with: grown)
    } else {
      tree.replace(at: behind, with: merged)
    }
  }

  /// Forgets all extents.
  mutating func removeAll() { tree.removeAll() }
}
