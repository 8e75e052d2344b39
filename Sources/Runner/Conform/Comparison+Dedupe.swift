internal import Plan

/// Where the two sides may come to different ends of a dedupe.
extension Comparison {
  /// Blocks from the beginning of a range that a file has, as bytes; what is missing is a hole.
  private typealias Allocated = [Range<Int>]

  /// The most bytes of one call, which leaves the rest.
  private static let mostBytes = 1 << 30

  /// Whether a rule allows the two results; then both sides are made to have the same state.
  mutating func excuse(
    _ step: TraceStep, _ expected: TraceResult, _ found: TraceResult, _ sizes: [String: Int]
  ) -> Bool {
    guard step.verb == .dedupe, case .count(let count) = found,
      (step.range.position | step.targetPosition) & 4095 == 0
    else { return false }
    let asked = min(step.range.byteCount, Self.mostBytes)
    let remapped = remappedByteCount(step, asked, sizes)
    switch expected {
    case .differs:
      guard count == asked || count == remapped, meetsHole(step, remapped),
        isEqual(step, remapped)
      else { return false }
      model.force(step)
      use.use(.dedupeHoleAgainstZeros)
      return true
    case .count(let fewer):
      guard fewer < count, count == asked, fewer == remapped else { return false }
      use.use(.dedupeReportsRequest)
      return true
    case .error: return false
    }
  }

  /// What ends inside a block is shortened to whole ones, unless both files end there.
  private func remappedByteCount(
    _ step: TraceStep, _ asked: Int, _ sizes: [String: Int]
  ) -> Int {
    let isToBothEnds =
      step.range.position + asked == sizes[step.files[0]]
      && step.targetPosition + asked == sizes[step.files[1]]
    return isToBothEnds ? asked : asked & ~4095
  }

  /// Whether some place is a hole on one side alone.
  ///
  /// There DAX refuses whatever the bytes are (specification 5.4). Unwritten blocks are none, and
  /// are compared as zeros.
  private func meetsHole(_ step: TraceStep, _ byteCount: Int) -> Bool {
    guard let source = allocated(step.files[0], step.range.position, byteCount),
      let target = allocated(step.files[1], step.targetPosition, byteCount)
    else { return false }
    return source != target
  }

  /// What the model has of a range: runs as long as they can be, from the beginning of the range.
  private func allocated(_ name: String, _ position: Int, _ byteCount: Int) -> Allocated? {
    guard let extents = model.extents(of: name) else { return nil }
    let range = 0..<(byteCount + 4095) & ~4095
    var runs: Allocated = []
    for extent in extents {
      let start = extent.position - position
      let run = (start..<start + extent.byteCount).clamped(to: range)
      if run.isEmpty { continue }
      if let last = runs.last, last.upperBound == run.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<run.upperBound
      } else {
        runs.append(run)
      }
    }
    return runs
  }

  /// Whether the bytes are equal, read from the model: it has refused and changed nothing, while
  /// blocks that the other side shares by mistake are equal by now.
  private func isEqual(_ step: TraceStep, _ byteCount: Int) -> Bool {
    var done = 0
    while done < byteCount {
      let count = min(byteCount - done, ComparedMemory.byteCount)
      // SAFETY: the memory has the bytes, and is read into by this thread alone.
      let first = unsafe model.read(
        step.files[0], at: step.range.position + done, into: memory.first(count))
      let second = unsafe model.read(
        step.files[1], at: step.targetPosition + done, into: memory.second(count))
      guard first == count, second == count, memory.firstDifference(count) == nil else {
        return false
      }
      done += count
    }
    return true
  }
}
