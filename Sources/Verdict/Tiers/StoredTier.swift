import Plan
public import Record

/// Ratios to the frozen reference, in one or more runs, against a recorded baseline.
///
/// A cell gates only when its baseline is rich and steady enough; it is called changed only when
/// the change exceeds what moments differ by, is repeated in a second run at least a minute later,
/// and shows in the raw CPU time as well. Everything else is advisory or inconclusive: noise costs
/// power before it costs a false alarm.
public struct StoredTier: Sendable {
  /// One row for each cell with a frozen reference that both sides timed, in the baseline's order.
  public let rows: [VerdictRow]
  /// What is true of the machine and not of a cell; not empty means that exit code 0 is out.
  public let environment: [String]

  /// Judges runs by a baseline.
  ///
  /// - Parameters:
  ///   - baseline: A record of `Baseline.merge`.
  ///   - candidates: Runs of one build, each with `run_started_unix`; later ones confirm.
  ///   - limits: The numbers of the rule.
  ///   - onlyAdvisory: Why no row may gate, when the machines differ.
  public init(
    baseline: RunRecord, candidates: [RunRecord], limits: StoredLimits = StoredLimits(),
    onlyAdvisory: String? = nil
  ) {
    let old = StoredBaseline(baseline, limits)
    let runs = candidates.map(StoredCandidate.init)
    var judged: [StoredCell] = []
    for cell in old.cells where runs.contains(where: { $0.knows(cell) }) {
      // Invalid then and invalid now: nothing changed, and there is nothing to say.
      if !old.isSound(cell), runs.allSatisfy({ $0.failure(of: cell) != nil }) { continue }
      judged.append(
        StoredCell(cell, baseline: old, runs: runs, limits: limits, onlyAdvisory: onlyAdvisory))
    }
    environment = Self.holdBackUniformShift(&judged, old, runs, limits)
    rows = judged.map(\.row)
  }

  /// More than half of the gating cells moved, and the references themselves with them: the
  /// machine changed, not the code.
  private static func holdBackUniformShift(
    _ judged: inout [StoredCell], _ old: StoredBaseline, _ runs: [StoredCandidate],
    _ limits: StoredLimits
  ) -> [String] {
    guard let shift = referenceShift(judged, old, runs) else { return [] }
    var sentences: [String] = []
    if abs(shift) > Logarithm.log(1 + limits.referenceShift) {
      sentences.append(
        "The machine's state differs: the frozen references take "
          + "\(Change.percent(Logarithm.exp(shift) - 1)) against their stored time")
    }
    let gating = judged.filter { !$0.row.isAdvisory }
    let moved = gating.filter { $0.isBeyondLimit && ($0.shift > 0) == (shift > 0) }
    if gating.count >= limits.uniformShiftCells, 2 * moved.count > gating.count,
      abs(shift) > Logarithm.log(1 + limits.tolerance)
    {
      let sentence =
        "\(moved.count) of \(gating.count) cells and the frozen references "
        + "(\(Change.percent(Logarithm.exp(shift) - 1))) moved together: the environment changed"
      sentences.append(sentence)
      for index in judged.indices where !judged[index].row.isAdvisory && judged[index].isBeyondLimit
      {
        judged[index].row.judgement = .inconclusive
        judged[index].row.reason = sentence
      }
    }
    return sentences
  }

  /// The median log shift of the frozen references' own CPU time.
  private static func referenceShift(
    _ judged: [StoredCell], _ old: StoredBaseline, _ runs: [StoredCandidate]
  ) -> Double? {
    let references = Set(judged.compactMap(\.row.cell.reference))
    let shifts = references.compactMap { StoredCell.rawShift($0, old.table, runs) }
    return shifts.isEmpty ? nil : OrderStatistics.median(shifts)
  }
}
