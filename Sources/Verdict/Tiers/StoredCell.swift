import Plan
import Record

/// One cell of the stored tier: its shift in each run, its limit, and what follows.
struct StoredCell {
  var row: VerdictRow
  /// Mean log shift of the ratio over the runs; 0 when it cannot be known.
  private(set) var shift = 0.0
  /// Whether the shift exceeds the limit in either direction.
  private(set) var isBeyondLimit = false

  init(
    _ cell: Cell, baseline: StoredBaseline, runs: [StoredCandidate], limits: StoredLimits,
    onlyAdvisory: String?
  ) {
    row = VerdictRow(cell: cell, tier: .stored, judgement: .pass)
    let old = baseline.table.processRatios(cell)
    let spread = MomentSpread(old)
    let weakness = onlyAdvisory ?? baseline.weakness(of: cell, spread)
    row.isAdvisory = weakness != nil
    if let failure = runs.compactMap({ $0.failure(of: cell) }).first {
      row.judgement = .refused
      row.reason = failure
      return
    }
    let new = runs.map { $0.table.processRatios(cell) }
    guard !old.isEmpty, new.allSatisfy({ !$0.isEmpty }) else {
      row.judgement = .refused
      row.reason = weakness ?? "a run has no frozen reference for it"
      return
    }
    let processes = new.map(\.count).min() ?? 0
    let deviation = spread.expectedDeviation(processes: processes) ?? 0
    let limit = max(limits.tolerance, limits.deviations * deviation)
    let center = OrderStatistics.median(old.map(\.logRatio))
    let shifts = new.map { OrderStatistics.median($0.map(\.logRatio)) - center }
    shift = Spread.mean(shifts)
    isBeyondLimit = abs(shift) > Logarithm.log(1 + limit)
    row.limit = limit
    row.change = Self.change(cell, baseline, runs, shift)
    decide(shifts, baseline, runs, limits)
    if let weakness {
      row.reason = weakness
      if row.judgement != .pass { row.judgement = .inconclusive }
    }
  }

  private mutating func decide(
    _ shifts: [Double], _ baseline: StoredBaseline, _ runs: [StoredCandidate],
    _ limits: StoredLimits
  ) {
    if let reference = row.cell.reference,
      let moved = Self.rawShift(reference, baseline.table, runs),
      abs(moved) > Logarithm.log(1 + limits.referenceShift)
    {
      row.judgement = .inconclusive
      row.reason =
        "machine state differs: \(reference.routine) takes "
        + "\(Change.percent(Logarithm.exp(moved) - 1)) against its stored time"
      return
    }
    let bound = Logarithm.log(1 + (row.limit ?? limits.tolerance))
    let suspects = runs.indices.filter {
      abs(shifts[$0]) > bound && (shifts[$0] > 0) == (shift > 0)
    }
    guard isBeyondLimit else {
      if !suspects.isEmpty { row.reason = "beyond the limit in one run, within it over all runs" }
      return
    }
    row.judgement = .inconclusive
    let raw = Self.rawShift(row.cell, baseline.table, runs) ?? 0
    if (raw > 0) != (shift > 0) || raw == 0 {
      row.reason = "the ratio to the frozen reference moved, the CPU time did not"
      return
    }
    let times = suspects.compactMap { runs[$0].started }.sorted()
    guard let earliest = times.first, let latest = times.last,
      latest - earliest >= limits.repeatSeconds
    else {
      row.reason = "not yet repeated: run again at least a minute later"
      return
    }
    row.judgement = shift > 0 ? .regressed : .improved
  }

  /// The change with an interval of as many batches as there are: descriptive, not the rule.
  private static func change(
    _ cell: Cell, _ baseline: StoredBaseline, _ runs: [StoredCandidate], _ shift: Double
  ) -> Change? {
    var change = Change(
      from: baseline.table.ratios(cell).map(\.value),
      to: runs.flatMap { $0.table.ratios(cell).map(\.value) })
    let value = Logarithm.exp(shift) - 1
    change?.value = value
    if let bounds = change {
      change?.low = min(bounds.low, value)
      change?.high = max(bounds.high, value)
    }
    return change
  }

  /// The mean over runs of the log shift of a cell's median CPU time; nil when no run timed it.
  static func rawShift(_ cell: Cell, _ baseline: SampleTable, _ runs: [StoredCandidate]) -> Double?
  {
    guard let old = baseline.cpuPerCall(cell), old > 0 else { return nil }
    let shifts = runs.compactMap { run in
      run.table.cpuPerCall(cell).flatMap { $0 > 0 ? Logarithm.log($0 / old) : nil }
    }
    return shifts.isEmpty ? nil : Spread.mean(shifts)
  }
}
