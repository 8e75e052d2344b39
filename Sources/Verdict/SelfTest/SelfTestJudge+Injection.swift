internal import Plan
public import Record

/// Builds whose difference is known: an exact fraction of the work is repeated.
extension SelfTestJudge {
  /// What must become of an injected slowdown.
  enum Demand: Equatable {
    /// Never a regression.
    case silence
    /// Only the estimate counts: the rule may go either way.
    case estimate
    /// At least that share is found.
    case power(Double)

    init(permille: Int) {
      switch permille {
      case ...10: self = .silence
      case ..<30: self = .estimate
      case ..<50: self = .power(0.95)
      case ..<100: self = .power(0.99)
      default: self = .power(1)
      }
    }
  }

  /// Step 2: an injected slowdown is found, or not, as its size demands, and estimated truly.
  ///
  /// - Parameters:
  ///   - runs: The gate runs.
  ///   - permille: Thousandths of its work that B repeats.
  /// - Returns: The step; its trials are comparisons.
  public func injected(_ runs: [SelfTestGateRun], permille: Int) -> SelfTestStep {
    let demand = Demand(permille: permille)
    var step = step("injected-\(Self.name(permille))-percent")
    let judged = runs.map { $0.rows(without: advisory) }
    let total = judged.reduce(0) { $0 + $1.count }
    let found = count(judged) { $0.judgement == .regressed }
    let open = count(judged) { $0.isOpen }
    var complaints: [String] = []
    switch demand {
    case .silence:
      let share = SelfTestShare(trials: total, failures: found, maximum: 0)
      step.count(share, inconclusive: open)
      if !share.holds(isExploratory: plan.isExploratory) {
        complaints.append(
          total == 0 ? Self.nothing : "\(found) of \(total) comparisons failed")
      }
    case .estimate:
      step.note("comparisons", Double(total))
      step.note("comparisons_found", Double(found))
      if total == 0 { complaints.append(Self.nothing) }
    case .power(let least):
      let share = SelfTestShare(trials: total, failures: total - found, maximum: 1 - least)
      step.count(share, inconclusive: open)
      if !share.holds(isExploratory: plan.isExploratory) {
        let missed = judged.flatMap { $0.filter { $0.judgement != .regressed }.map(\.cell) }
        complaints.append(
          total == 0
            ? Self.nothing : "found \(found) of \(total): missed in \(Self.list(missed))")
      }
    }
    noteSessions(runs, &step) {
      switch demand {
      case .silence: $0.judgement == .regressed
      case .estimate: false
      case .power: $0.judgement != .regressed
      }
    }
    noteAdvisory(runs, &step)
    complaints += estimate(judged, Double(permille) / 1000, &step)
    step.passed = complaints.isEmpty
    step.detail = complaints.joined(separator: "; ")
    return step
  }

  /// The second half of step 3: beside a neighbour power may fall to 90 %, and what is lost must
  /// show as undecided, never as a pass.
  public func neighbourInjected(_ runs: [SelfTestGateRun], permille: Int) -> SelfTestStep {
    var step = step("neighbour-injected-\(Self.name(permille))-percent")
    let judged = runs.map { $0.rows(without: advisory) }
    let total = judged.reduce(0) { $0 + $1.count }
    let found = count(judged) { $0.judgement == .regressed }
    let passed = judged.flatMap { $0.filter { $0.judgement == .pass || $0.judgement == .improved } }
    let share = SelfTestShare(trials: total, failures: total - found, maximum: 0.1)
    step.count(share, inconclusive: count(judged) { $0.isOpen })
    step.note("passes", Double(passed.count))
    noteAdvisory(runs, &step)
    var complaints: [String] = []
    if !share.holds(isExploratory: plan.isExploratory) {
      complaints.append(total == 0 ? Self.nothing : "found \(found) of \(total)")
    }
    if !passed.isEmpty {
      complaints.append("\(passed.count) slowdowns passed: \(Self.list(passed.map(\.cell)))")
    }
    step.passed = complaints.isEmpty
    step.detail = complaints.joined(separator: "; ")
    return step
  }

  /// Step 4: with the slowdown on the other side nothing fails, and the estimate changes its sign.
  public func swapped(_ runs: [SelfTestGateRun], permille: Int) -> SelfTestStep {
    var step = step("swapped")
    let judged = runs.map { $0.rows(without: advisory) }
    let total = judged.reduce(0) { $0 + $1.count }
    let wrong = judged.flatMap { rows in
      rows.filter { $0.judgement == .regressed || ($0.change?.value ?? 0) >= 0 }
    }
    let share = SelfTestShare(trials: total, failures: wrong.count, maximum: 0)
    step.count(share, inconclusive: count(judged) { $0.isOpen })
    noteAdvisory(runs, &step)
    var complaints: [String] = []
    if !share.holds(isExploratory: plan.isExploratory) {
      complaints.append(
        total == 0
          ? Self.nothing
          : "\(wrong.count) of \(total) look slower or equal: \(Self.list(wrong.map(\.cell)))")
    }
    complaints += estimate(judged, 1 / (1 + Double(permille) / 1000) - 1, &step)
    step.passed = complaints.isEmpty
    step.detail = complaints.joined(separator: "; ")
    return step
  }

  /// Whether the median estimate lies within 0.4 points, or a tenth of the effect where that is
  /// more: this proves the measurement, not only the verdict.
  ///
  /// Of a single cell, which has few gate runs, the exact interval of its median must reach there;
  /// in an exploratory test, which has few comparisons, half of their own intervals.
  private func estimate(
    _ runs: [[VerdictRow]], _ effect: Double, _ step: inout SelfTestStep
  ) -> [String] {
    let room = max(0.004, abs(effect) / 10)
    var byCell: [Cell: [Double]] = [:]
    for row in runs.joined() {
      if let change = row.change { byCell[row.cell, default: []].append(change.value) }
    }
    let all = byCell.values.flatMap { $0 }
    guard !all.isEmpty else { return [] }
    let median = OrderStatistics.median(all)
    step.note("median_estimate_percent", 100 * median)
    var complaints: [String] = []
    let misses = runs.joined().count {
      $0.change.map { $0.low > effect + room || $0.high < effect - room } ?? false
    }
    if plan.isExploratory ? 2 * misses > all.count : abs(median - effect) > room {
      complaints.append(
        "the median estimate is \(Change.percent(median)) of \(Change.percent(effect))")
    }
    var largest = 0.0
    var strayed: [Cell] = []
    for (cell, values) in byCell.sorted(by: { $0.key.name < $1.key.name }) {
      let off = OrderStatistics.median(values) - effect
      if abs(off) > abs(largest) { largest = off }
      let interval = OrderStatistics.medianInterval(values)
      guard interval.coverage >= 0.95 else { continue }
      if interval.low > effect + room || interval.high < effect - room { strayed.append(cell) }
    }
    step.note("largest_deviation_of_a_cell_percent", 100 * largest)
    if !strayed.isEmpty {
      complaints.append("the estimate is off in \(Self.list(strayed))")
    }
    return complaints
  }

  private static let nothing = "nothing was compared"

  private static func name(_ permille: Int) -> String {
    permille % 10 == 0 ? String(permille / 10) : "\(permille / 10).\(permille % 10)"
  }
}
