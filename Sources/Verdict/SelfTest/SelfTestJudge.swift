public import Plan
public import Record

/// Judges the steps of the gate's self-test; pure, so that its own judgement can be tested.
///
/// Source of every requirement: METHODOLOGY.md, the duel.
public struct SelfTestJudge: Sendable {
  /// Version of the self-test's steps.
  public static let version = 3
  /// Relative bias of single processes above which a cell may not gate.
  public static let biasMaximum = 0.008

  /// What was planned.
  public let plan: SelfTestPlan
  /// Commit of the executable.
  public let commit: String
  /// Start of the self-test in seconds since 1970.
  public let startedUnix: Int
  /// Cells that may not gate, and are therefore not judged; see `dispersion`.
  public var advisory: Set<Cell> = []

  /// The numbers of the duel's rule.
  let limits = DuelLimits()

  /// A judge of one self-test.
  public init(plan: SelfTestPlan, commit: String, startedUnix: Int) {
    self.plan = plan
    self.commit = commit
    self.startedUnix = startedUnix
  }

  /// A step that was not carried out, and why; it does not keep the gate from judging.
  public func skipped(_ name: String, _ why: String) -> SelfTestStep {
    step(name, passed: true, detail: "not run: " + why)
  }

  func step(_ name: String, passed: Bool = false, detail: String = "") -> SelfTestStep {
    SelfTestStep(
      version: Self.version, commit: commit, startedUnix: startedUnix, mode: plan.name, step: name,
      passed: passed, detail: detail)
  }

  /// Four digits are more than any of these numbers is worth.
  static func rounded(_ value: Double) -> Double {
    let rounded = (value * 1e6).rounded() / 1e6
    return rounded.isFinite ? rounded : value
  }

  /// The first of some cells by name, and how many more.
  static func list(_ cells: [Cell]) -> String {
    var names: [String] = []
    for cell in cells where !names.contains(cell.name) { names.append(cell.name) }
    let more = names.count > 3 ? " and \(names.count - 3) more" : ""
    return names.prefix(3).joined(separator: ", ") + more
  }
}

// MARK: A build against itself.

extension SelfTestJudge {
  /// Step 1, and the first half of step 3: a build against itself must never fail.
  ///
  /// - Parameters:
  ///   - runs: The gate runs.
  ///   - name: The step's name.
  ///   - inconclusiveMaximum: The largest share of undecided gate runs, nil for any.
  /// - Returns: The step; its trials are gate runs.
  public func same(
    _ runs: [SelfTestGateRun], name: String, inconclusiveMaximum: Double?
  ) -> SelfTestStep {
    var step = step(name)
    let judged = runs.map { $0.rows(without: advisory) }.filter { !$0.isEmpty }
    let failed = judged.filter { rows in rows.contains { $0.judgement == .regressed } }
    let open = judged.filter { rows in
      rows.contains { $0.isOpen } && !rows.contains { $0.judgement == .regressed }
    }
    let share = SelfTestShare(trials: judged.count, failures: failed.count, maximum: 0)
    step.count(share, inconclusive: open.count)
    let comparisons = judged.reduce(0) { $0 + $1.count }
    step.note("comparisons", Double(comparisons))
    step.note("comparisons_regressed", Double(count(judged) { $0.judgement == .regressed }))
    step.note("comparisons_inconclusive", Double(count(judged) { $0.isOpen }))
    noteSessions(runs, &step) { $0.judgement == .regressed }
    noteAdvisory(runs, &step)
    var complaints: [String] = []
    if judged.isEmpty { complaints.append("there was no gate run of a cell that may gate") }
    if !share.holds(isExploratory: plan.isExploratory), !judged.isEmpty {
      let cells = judged.flatMap { $0.filter { $0.judgement == .regressed }.map(\.cell) }
      complaints.append(
        "\(failed.count) of \(judged.count) gate runs failed on equal builds: \(Self.list(cells))")
    }
    if let inconclusiveMaximum, !judged.isEmpty {
      let undecided = SelfTestShare(
        trials: judged.count, failures: open.count, maximum: inconclusiveMaximum)
      step.note("inconclusive_share_maximum", inconclusiveMaximum)
      if !undecided.holds(isExploratory: false) {
        complaints.append("\(open.count) of \(judged.count) gate runs ended undecided")
      }
    }
    step.passed = complaints.isEmpty
    step.detail = complaints.joined(separator: "; ")
    return step
  }

  func count(_ runs: [[VerdictRow]], _ condition: (VerdictRow) -> Bool) -> Int {
    runs.reduce(0) { $0 + $1.filter(condition).count }
  }

  /// The sessions, and in how many of them something was wrong.
  ///
  /// Gate runs of a session have worker processes in common, so the bounds of a share of gate runs
  /// hold for these processes; what others would show, only the sessions sample.
  func noteSessions(
    _ runs: [SelfTestGateRun], _ step: inout SelfTestStep, isWrong: (VerdictRow) -> Bool
  ) {
    let wrong = runs.filter { $0.rows(without: advisory).contains(where: isWrong) }
    step.note("sessions", Double(Set(runs.map(\.session)).count))
    step.note("sessions_wrong", Double(Set(wrong.map(\.session)).count))
  }

  /// What the cells that are not judged did, lest they be forgotten.
  func noteAdvisory(_ runs: [SelfTestGateRun], _ step: inout SelfTestStep) {
    let rows = runs.flatMap { $0.rows.filter { advisory.contains($0.cell) } }
    if rows.isEmpty { return }
    step.note("advisory_comparisons", Double(rows.count))
    step.note("advisory_regressed", Double(rows.filter { $0.judgement == .regressed }.count))
  }
}

extension VerdictRow {
  /// Whether nothing was decided.
  var isOpen: Bool { judgement == .inconclusive || judgement == .refused }
}
