internal import Plan
internal import Record

/// A verdict as people read it: what decides first, what only informs at the end.
public struct GateTable: Sendable {
  private let outcome: GateOutcome
  private let runs: [String]
  private let baseline: String
  private let width: Int

  /// A table of one outcome, for lines of at most `width` columns where words allow it.
  public init(_ outcome: GateOutcome, runs: [String], baseline: String, width: Int) {
    self.outcome = outcome
    self.runs = runs
    self.baseline = baseline
    self.width = width
  }

  /// The text, without a newline at the end.
  public func render() -> String {
    var lines = [verdict, ""]
    lines += ["baseline  \(baseline)"] + runs.map { "run       \($0)" } + [""]
    let gating = outcome.rows.filter { !$0.isAdvisory }
    lines += section("", gating.filter { $0.judgement != .pass })
    lines += outcome.notices
    lines.append(counted(gating))
    lines += section(
      "Advisory: shown, never judged",
      outcome.rows.filter { $0.isAdvisory && $0.judgement != .pass }, most: 10)
    for (label, cells) in [
      ("only in the baseline", outcome.baselineOnly), ("only in the runs", outcome.candidateOnly),
    ] where !cells.isEmpty {
      lines.append("\(cells.count) cells \(label), the first: \(cells[0].name).")
    }
    return lines.joined(separator: "\n")
  }

  private var verdict: String {
    let regressed = outcome.rows.filter { !$0.isAdvisory && $0.judgement == .regressed }.count
    switch outcome.exitStatus {
    case .pass: return "PASS: nothing that may gate is slower than the baseline."
    case .regressed: return "REGRESSED: \(regressed) confirmed."
    case .improved: return "IMPROVED: the baseline is stale; record a new one."
    case .baselineUnusable: return "REFUSED: the baseline cannot be used."
    default: return "INCONCLUSIVE: not decided; the reasons follow."
    }
  }

  private func counted(_ gating: [VerdictRow]) -> String {
    let parts = Tier.allCases.compactMap { tier -> String? in
      let rows = gating.filter { $0.tier == tier }
      if rows.isEmpty { return nil }
      let passed = rows.filter { $0.judgement == .pass }.count
      return "\(tier.rawValue): \(passed) of \(rows.count) pass"
    }
    return parts.isEmpty ? "No cell may gate." : parts.joined(separator: "; ") + "."
  }

  private func section(_ title: String, _ rows: [VerdictRow], most: Int = 40) -> [String] {
    if rows.isEmpty { return [] }
    var lines = title.isEmpty ? [] : ["", title]
    for row in rows.prefix(most) {
      var line = "  \(row.judgement.rawValue)  \(row.cell.name)"
      if let change = row.change {
        let interval = "[\(Change.percent(change.low)), \(Change.percent(change.high))]"
        line += "  \(Change.percent(change.value)) \(interval)"
      }
      if let limit = row.limit { line += " limit \(Change.percent(limit, signed: false))" }
      lines.append(line)
      if !row.reason.isEmpty { lines.append("      \(row.reason)") }
    }
    if rows.count > most { lines.append("  and \(rows.count - most) more") }
    return lines + [""]
  }
}
