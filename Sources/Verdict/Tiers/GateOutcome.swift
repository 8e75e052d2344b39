public import Plan
public import Record

/// The verdict on a build: exact and stored tier together.
public struct GateOutcome: Sendable {
  /// What the process exits with.
  public let exitStatus: ExitStatus
  /// Every row: those that gate before advisory ones; within each, regressed, refused,
  /// inconclusive, improved, pass.
  public let rows: [VerdictRow]
  /// What is true of the whole comparison, a sentence each.
  public let notices: [String]
  /// Cells with a frozen reference that only the baseline holds.
  public let baselineOnly: [Cell]
  /// Cells with a frozen reference that only the runs hold.
  public let candidateOnly: [Cell]

  /// Judges one build by a baseline.
  ///
  /// Precedence of the exit code: an unusable baseline, a confirmed regression or changed count,
  /// an improvement when `failOnImprovement`, anything not decided or not comparable, pass. When
  /// no stored row may gate, nothing was decided about time and the code is `inconclusive`.
  ///
  /// - Parameters:
  ///   - baseline: A record of `Baseline.merge`.
  ///   - candidates: One or more runs of the same build, in any order.
  ///   - limits: The numbers of the stored tier.
  ///   - failOnImprovement: Whether a confirmed improvement has an exit code of its own.
  ///   - allowsPart: Whether runs that lack cells of the baseline may pass.
  public init(
    baseline: RunRecord, candidates: [RunRecord], limits: StoredLimits = StoredLimits(),
    failOnImprovement: Bool = false, allowsPart: Bool = false
  ) {
    precondition(!candidates.isEmpty, "a verdict needs a run")
    let comparisons = candidates.map {
      Fingerprint.compare(baseline: baseline.machine, candidate: $0.machine)
    }
    let worst = comparisons.max { $0.severity < $1.severity } ?? .same
    baselineOnly = Self.cells(in: [baseline], notIn: candidates)
    candidateOnly = Self.cells(in: candidates, notIn: [baseline])
    if case .refused(let why) = worst {
      exitStatus = .baselineUnusable
      rows = []
      notices = ["The baseline cannot be compared: \(why)."]
      return
    }
    let exact = Self.exactRows(baseline, candidates)
    let stored = StoredTier(
      baseline: baseline, candidates: candidates, limits: limits, onlyAdvisory: worst.reason)
    rows = Self.ordered(exact.rows + stored.rows)
    // A run of fewer cells has nothing to say of the others; it must not pass for them.
    // Filesystems come and go with the directories given; none of their rows gates.
    let missing = baselineOnly.filter { !$0.isOnFilesystem }
    let isPart = !allowsPart && !missing.isEmpty
    let undecided = worst != .same || !stored.environment.isEmpty || isPart
    exitStatus = Self.code(rows, undecided: undecided, failOnImprovement)
    var notices = exact.notices
    if let reason = worst.reason { notices.append("Times are advisory: \(reason).") }
    notices += stored.environment.map { $0 + "." }
    if isPart {
      notices.append(
        "\(missing.count) cells of the baseline were not measured; --part judges without them."
      )
    }
    if worst == .same, !stored.rows.contains(where: { !$0.isAdvisory }) {
      notices.append("No time could be judged: no cell of the baseline may gate.")
    }
    self.notices = notices
  }

  private static func exactRows(
    _ baseline: RunRecord, _ candidates: [RunRecord]
  ) -> (rows: [VerdictRow], notices: [String]) {
    var rows: [VerdictRow] = []
    var notices: [String] = []
    func note(_ sentence: String) { if !notices.contains(sentence) { notices.append(sentence) } }
    for candidate in candidates {
      let tier = ExactTier(baseline: baseline, candidate: candidate)
      if let why = tier.refusal { note("Counts cannot be compared: \(why).") }
      if let why = tier.advisory { note("Counts of executed code are advisory: \(why).") }
      // Runs of one build count the same; a row that does not repeat is a second finding.
      for row in tier.rows where !rows.contains(row) { rows.append(row) }
    }
    return (rows, notices)
  }

  private static func code(
    _ rows: [VerdictRow], undecided: Bool, _ failOnImprovement: Bool
  ) -> ExitStatus {
    let gating = rows.filter { !$0.isAdvisory }
    let changedCount = gating.contains { $0.tier == .exact && $0.judgement == .improved }
    if changedCount || gating.contains(where: { $0.judgement == .regressed }) { return .regressed }
    if failOnImprovement, gating.contains(where: { $0.judgement == .improved }) { return .improved }
    let open = gating.contains { $0.judgement == .inconclusive || $0.judgement == .refused }
    let judgedTime = gating.contains { $0.tier == .stored }
    return undecided || open || !judgedTime ? .inconclusive : .pass
  }

  /// Stable: rows of equal rank keep the order of the files.
  private static func ordered(_ rows: [VerdictRow]) -> [VerdictRow] {
    let rank: [Judgement] = [.regressed, .refused, .inconclusive, .improved, .pass]
    func place(_ row: VerdictRow) -> Int {
      (row.isAdvisory ? rank.count : 0) + (rank.firstIndex(of: row.judgement) ?? 0)
    }
    return rows.enumerated()
      .sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
      .map(\.element)
  }

  private static func cells(in some: [RunRecord], notIn others: [RunRecord]) -> [Cell] {
    var seen = Set(others.flatMap { $0.cells.map(\.cell) })
    return some.flatMap { $0.cells.map(\.cell) }.filter {
      $0.reference != nil && seen.insert($0).inserted
    }
  }
}

extension Comparability {
  fileprivate var severity: Int {
    switch self {
    case .same: 0
    case .advisory: 1
    case .differentClass: 2
    case .refused: 3
    }
  }

  /// Why times of the two machines cannot gate, or nil.
  var reason: String? {
    switch self {
    case .same: nil
    case .advisory(let why): why
    case .differentClass(let why): "another machine class, \(why)"
    case .refused(let why): why
    }
  }
}
