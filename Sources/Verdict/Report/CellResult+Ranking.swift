internal import Plan
internal import Record

/// What a report derives from a row: throughput, ties, and the change since a baseline.
extension CellResult {
  /// A measured time, or nil for a row that did not end well.
  var measured: Double? {
    guard status == .ok, let cpuPerCall, cpuPerCall.isFinite, cpuPerCall >= 0 else { return nil }
    return cpuPerCall
  }

  /// Throughput in bytes per nanosecond, where bytes really moved.
  ///
  /// One thread is held against its own CPU time, several threads against the wall clock. Mapping
  /// the shared zero page moves nothing, and floor and clock rows have no bytes.
  var gigabytesPerSecond: Double? {
    let p = cell.parameters
    if p.access == .readUntouched, p.memory == .anonymous { return nil }
    if p.access == .readMapped || p.access == .writeMapped { return nil }
    if cell.operation == .floor || cell.operation == .clock { return nil }
    guard let measured, let bytesPerCall, bytesPerCall > 0 else { return nil }
    let time = p.threads > 1 ? wallPerCall ?? 0 : measured
    return time > 0 ? bytesPerCall / time : nil
  }

  /// What a row of the model costs over the core routine that moves the same bytes: the difference
  /// of the times of one call, and their ratio; nil where that routine was not measured.
  func overCore(in run: [Cell: CellResult]) -> (nanoseconds: Double, ratio: Double)? {
    guard let measured, let counterpart = cell.coreCounterpart,
      let bare = run[counterpart]?.measured, bare > 0
    else { return nil }
    return (measured - bare, measured / bare)
  }

  /// Whether no difference to another row can be claimed: their intervals overlap, or one of
  /// them has none, or too few batches for one.
  ///
  /// Of equal routines, four batches each lie apart by chance in 3 % of cases, three in 10 %.
  func isTied(with other: CellResult) -> Bool {
    if min(batches ?? .max, other.batches ?? .max) < CellResult.batchesMinimum { return true }
    guard let cpuLow, let cpuHigh, let otherLow = other.cpuLow, let otherHigh = other.cpuHigh
    else { return true }
    return cpuLow <= otherHigh && otherLow <= cpuHigh
  }

  /// Relative change of the reference ratio since a baseline row, and whether it is more than
  /// noise.
  ///
  /// It has moved when it exceeds the tolerance of 3 % and the intervals are disjoint. The
  /// baseline's is widened by five of its between-moment deviations: an interval from inside one
  /// run does not know what varies between runs.
  func change(since old: CellResult?) -> (relative: Double, moved: Bool)? {
    guard let old, measured != nil, old.measured != nil, old.reference == reference,
      let ratio = referenceRatio, let oldRatio = old.referenceRatio,
      ratio.isFinite, oldRatio.isFinite, ratio > 0, oldRatio > 0
    else { return nil }
    let relative = ratio / oldRatio - 1
    let drift = 5 * (old.betweenMomentDeviation ?? 0)
    guard let now = spread, let then = old.spread else { return (relative, false) }
    let low = oldRatio * then.low * (1 - drift)
    let high = oldRatio * then.high * (1 + drift)
    let isOutside = ratio * now.low > high || ratio * now.high < low
    return (relative, isOutside && relative.magnitude > CellResult.tolerance)
  }

  /// Batches below which rows are not told apart.
  static let batchesMinimum = 4

  /// Changes below this are never called a move, whatever the intervals say.
  private static let tolerance = 0.03

  /// The interval relative to the median.
  private var spread: (low: Double, high: Double)? {
    guard let cpuPerCall, cpuPerCall > 0, let cpuLow, let cpuHigh else { return nil }
    return (cpuLow / cpuPerCall, cpuHigh / cpuPerCall)
  }
}
