internal import Plan

/// What the steps since the last look at the blocks may have done to blocks that they did not have
/// to touch; the rules ask for it.
struct TouchedBlocks {
  /// Blocks of folios with a store through a mapping, by file.
  private var stored: [String: BlockRanges] = [:]
  /// Blocks in which a zeroed range begins or ends, or got by a clone of such, by file.
  private var zeroEdges: [String: Set<Int>] = [:]
  /// Blocks in which a truncation left the end of a file, or got by a clone of such, by file.
  private var truncated: [String: Set<Int>] = [:]
  /// Last blocks of files that were allocated, zeroed or punched behind their end.
  private var ends: [String: Set<Int>] = [:]
  /// Blocks that the kernel may have reserved when they were behind the end, or got by a clone of
  /// such, by file.
  private var reserved: [String: BlockRanges] = [:]
  /// Blocks that a file got by a clone.
  private var cloned: [String: BlockRanges] = [:]
  /// The most blocks that a file has had, since it was made.
  private var longest: [String: Int] = [:]

  /// The blocks of the largest folio, 2 MiB.
  private static let largestFolio = 512

  /// Whether a store may have made the whole folio dirty that the block lies in.
  func mayBeInStoredFolio(_ name: String, _ block: Int) -> Bool {
    stored[name]?.contains(block) ?? false
  }

  /// Whether a range that was zeroed began or ended inside the block.
  func isZeroEdge(_ name: String, _ block: Int) -> Bool {
    zeroEdges[name]?.contains(block) ?? false
  }

  /// Whether a truncation let the file end inside the block.
  func isTruncated(_ name: String, _ block: Int) -> Bool {
    truncated[name]?.contains(block) ?? false
  }

  /// Whether the file ended in the block when something behind its end was allocated, zeroed or
  /// punched.
  func isOldEnd(_ name: String, _ block: Int) -> Bool { ends[name]?.contains(block) ?? false }

  /// Whether the kernel may have a reservation where the model has a hole.
  ///
  /// On Btrfs a clone takes reservations along.
  func mayBeReserved(_ name: String, _ block: Int, clonesReservations: Bool) -> Bool {
    reserved[name]?.contains(block) ?? false
      || clonesReservations && cloned[name]?.contains(block) ?? false
  }

  /// Begins again, after a look.
  ///
  /// - Parameter passed: Blocks that a rule let pass, by file: clones still carry them along.
  mutating func forget(keeping passed: [String: [Int: Int]] = [:]) {
    // What Btrfs wrote at an edge may have no place yet when somebody looks.
    let (longest, zeroEdges) = (longest, zeroEdges)
    self = TouchedBlocks()
    (self.longest, self.zeroEdges) = (longest, zeroEdges)
    truncated = passed.mapValues { Set($0.keys) }
  }

  /// Takes in a step, with the sizes before it and after it.
  mutating func add(_ step: TraceStep, _ before: [String: Int], _ after: [String: Int]) {
    let (position, byteCount) = step.range
    addEnds(step, before, after)
    for (name, size) in after where size > before[name] ?? 0 {
      longest[name] = max(longest[name] ?? 0, (size + 4095) >> 12)
      reserved[name, default: BlockRanges()].add((before[name] ?? 0) >> 12...(size - 1) >> 12)
    }
    // What keeps the size reserves the block in which the file ends, also from behind the end.
    if step.verb == .zeroKeepingSize || step.verb == .unshare, byteCount > 0,
      let size = after[step.file],
      position < (size + 4095) & ~4095, position >= 0
    {
      let last = min(position &+ byteCount - 1, size) >> 12
      reserved[step.file, default: BlockRanges()].add(position >> 12...max(last, position >> 12))
    }
    if [.clone, .cloneWhole, .dedupe, .copy].contains(step.verb) { carry(step, before) }
    if step.verb == .store, position >= 0, position < 1 << 60, byteCount > 0,
      byteCount < 1 << 40
    {
      let blocks = folioBlockCount(step.file)
      let first = (position >> 12) & ~(blocks - 1)
      let last = ((position + byteCount - 1) >> 12) | (blocks - 1)
      stored[step.file, default: BlockRanges()].add(first...last)
    }
  }

  /// Where ranges that are zeroed end, and files that are truncated.
  private mutating func addEnds(
    _ step: TraceStep, _ before: [String: Int], _ after: [String: Int]
  ) {
    let name = step.file
    let end = step.range.position &+ step.range.byteCount
    if [.zero, .zeroKeepingSize, .punch].contains(step.verb) {
      addZeroEdge(name, step.range.position)
      addZeroEdge(name, end)
    }
    // What lies between the old end and a new one is zeroed, too.
    for (name, size) in after {
      if let old = before[name], old < size { addZeroEdge(name, old) }
    }
    if [.zero, .zeroKeepingSize, .allocate, .punch].contains(step.verb),
      let size = before[name], size < end
    {
      ends[name, default: []].insert(size >> 12)
      addZeroEdge(name, size)
    }
    // At the same size, too, the model zeroes the rest of the last block.
    if step.verb == .truncate, let old = before[name], let size = after[name], size <= old,
      size & 4095 != 0
    {
      truncated[name, default: []].insert(size >> 12)
    }
    if step.verb == .remove {
      longest[name] = nil
      zeroEdges[name] = nil
      truncated[name] = nil
    }
  }

  /// An end between two blocks leaves no block of which a part is zeroed.
  private mutating func addZeroEdge(_ name: String, _ end: Int) {
    if end > 0, end & 4095 != 0 { zeroEdges[name, default: []].insert(end >> 12) }
  }

  /// Blocks of the largest folio that the page cache can have of a file.
  ///
  /// The kernel tells nobody what folios it made. But it makes them for bytes that were written or
  /// read, so none was ever longer than the file, and each lies on a multiple of its length.
  private func folioBlockCount(_ name: String) -> Int {
    let count = min(max(longest[name] ?? 1, 1), Self.largestFolio)
    return 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
  }

  /// Blocks that are shared are like those they came from.
  private mutating func carry(_ step: TraceStep, _ sizes: [String: Int]) {
    let (source, target) = (step.files[0], step.files[1])
    let (position, byteCount) = step.range
    let end = byteCount == 0 ? sizes[source] ?? 0 : position &+ byteCount
    guard position >= 0, position <= end, step.targetPosition >= 0 else { return }
    let blocks = position >> 12...end >> 12
    let shift = step.targetPosition >> 12 - position >> 12
    for block in zeroEdges[source] ?? [] where blocks.contains(block) && block << 12 < end {
      zeroEdges[target, default: []].insert(block + shift)
    }
    for block in truncated[source] ?? [] where blocks.contains(block) && block << 12 < end {
      truncated[target, default: []].insert(block + shift)
    }
    let last = (step.targetPosition &+ (end - position) &- 1) >> 12
    if position < end, last >= step.targetPosition >> 12 {
      cloned[target, default: BlockRanges()].add(step.targetPosition >> 12...last)
    }
    if let reserved = reserved[source]?.clamped(to: blocks, shiftedBy: shift) {
      self.reserved[target, default: BlockRanges()].add(reserved)
    }
    if let stored = stored[source]?.clamped(to: blocks, shiftedBy: shift) {
      self.stored[target, default: BlockRanges()].add(stored)
    }
  }
}

/// Blocks in ranges: one of them may be as long as the longest file there can be.
struct BlockRanges {
  private var ranges: [ClosedRange<Int>] = []

  func contains(_ block: Int) -> Bool { ranges.contains { $0.contains(block) } }

  mutating func add(_ range: ClosedRange<Int>) {
    if !ranges.contains(where: { $0.contains(range) }) { ranges.append(range) }
  }

  mutating func add(_ other: BlockRanges) { for range in other.ranges { add(range) } }

  /// What lies in some blocks, moved on by so many.
  func clamped(to blocks: ClosedRange<Int>, shiftedBy shift: Int) -> BlockRanges {
    var moved = BlockRanges()
    for range in ranges where range.overlaps(blocks) {
      let common = range.clamped(to: blocks)
      moved.add(common.lowerBound + shift...common.upperBound + shift)
    }
    return moved
  }
}
