internal import Plan

/// What the steps since the last look at the blocks may have done to blocks that they did not have
/// to touch; the rules ask for it.
struct TouchedBlocks {
  /// Windows of 2 MiB, the largest folio, with a store through a mapping, by file.
  private var stored: [String: Set<Int>] = [:]
  /// Blocks in which a range, or a file, begins or ends, by file.
  private var edges: [String: Set<Int>] = [:]

  /// Last blocks of files that were allocated or zeroed behind their end.
  private var ends: [String: Set<Int>] = [:]

  private static let windowShift = 9

  /// Whether a store may have made the whole folio dirty that the block lies in.
  func mayBeInStoredFolio(_ name: String, _ block: Int) -> Bool {
    stored[name]?.contains(block >> Self.windowShift) ?? false
  }

  /// Whether some range, or the file, began or ended in the block.
  func isEdge(_ name: String, _ block: Int) -> Bool { edges[name]?.contains(block) ?? false }

  /// Whether the file ended in the block when something behind its end was allocated or zeroed.
  func isOldEnd(_ name: String, _ block: Int) -> Bool { ends[name]?.contains(block) ?? false }

  /// Takes in a step, with the sizes before it and after it.
  mutating func add(_ step: TraceStep, _ before: [String: Int], _ after: [String: Int]) {
    let (position, byteCount) = step.range
    for (index, name) in step.files.enumerated() {
      let first = index == 0 ? position : step.targetPosition
      let ends = [first, first &+ byteCount, before[name] ?? 0, after[name] ?? 0]
      for end in ends where end >= 0 { edges[name, default: []].insert(end >> 12) }
    }
    if [.zero, .zeroKeepingSize, .allocate].contains(step.verb),
      let size = before[step.file], size < position &+ byteCount
    {
      ends[step.file, default: []].insert(size >> 12)
    }
    if [.clone, .cloneWhole, .dedupe, .copy].contains(step.verb) { carry(step, before) }
    if step.verb == .store, position >= 0, byteCount > 0, byteCount < 1 << 40 {
      let shift = 12 + Self.windowShift
      for window in position >> shift...(position + byteCount - 1) >> shift {
        stored[step.file, default: []].insert(window)
      }
    }
  }

  /// Blocks that are shared are like those they came from.
  private mutating func carry(_ step: TraceStep, _ sizes: [String: Int]) {
    let (source, target) = (step.files[0], step.files[1])
    let (position, byteCount) = step.range
    let end = byteCount == 0 ? sizes[source] ?? 0 : position &+ byteCount
    guard position >= 0, position <= end, step.targetPosition >= 0 else { return }
    let blocks = position >> 12...end >> 12
    let shift = step.targetPosition >> 12 - position >> 12
    for block in edges[source] ?? [] where blocks.contains(block) {
      edges[target, default: []].insert(block + shift)
    }
    for window in stored[source] ?? [] {
      let first = window << Self.windowShift
      guard blocks.overlaps(first...first + 511) else { continue }
      for block in [max(first, blocks.lowerBound), min(first + 511, blocks.upperBound)] {
        stored[target, default: []].insert((block + shift) >> Self.windowShift)
      }
    }
  }
}
