internal import Plan
internal import Verdict

/// A duel's verdict as a person reads it.
enum DuelText {
  /// The text, without a newline at the end.
  static func render(_ report: GateReport) -> String {
    var lines = ["\(report.exitStatus)".uppercased(), ""]
    lines += report.sides.map { "\($0.label)  \($0.value)" } + [""]
    for row in report.rows where row.judgement != .pass {
      let label = row.judgement.rawValue + (row.isAdvisory ? " (advisory)" : "")
      lines.append("\(label)  \(row.cell.name)  \(row.change.map(text) ?? "")")
      if !row.reason.isEmpty { lines.append("    \(row.reason)") }
    }
    lines += report.notices
    let passed = report.rows.filter { $0.judgement == .pass }.count
    lines.append("paired: \(passed) of \(report.rows.count) pass.")
    for group in report.unmatched where !group.cells.isEmpty {
      lines.append("\(group.cells.count) \(group.reason), the first: \(group.cells[0].name).")
    }
    return lines.joined(separator: "\n")
  }

  private static func text(_ change: Change) -> String {
    "\(percent(change.value)) [\(percent(change.low)), \(percent(change.high))]"
  }

  private static func percent(_ fraction: Double) -> String {
    let tenths = Int((fraction * 1000).rounded())
    return "\(tenths < 0 ? "-" : "+")\(abs(tenths) / 10).\(abs(tenths) % 10) %"
  }
}
