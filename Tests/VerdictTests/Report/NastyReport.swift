import Plan

@testable import Verdict

/// A hand-made report whose names try to break every format.
enum NastyReport {
  /// Text that means something in Markdown, HTML, XML, JSON or a terminal.
  static let names = [
    "auto", "a|b", "`tick`", "</code></details>", "\"q\" & 'p'", "x]]>y", "nul\u{0}esc\u{1B}[31m",
    "two\nlines\r\n\tmore", "*bold* _it_ snake_case", "@someone #12 [l](u) ![i](u)", "\\|", "$a$",
    "\u{202E}gnp", "\u{2028}", "\u{FFFE}", "é e\u{301} 数 👩‍🚀",
  ]

  static func cell(_ routine: String, suite: String = "copy", size: Int = 4096) -> Cell {
    var parameters = Parameters()
    parameters.sizeBytes = size
    parameters.cacheState = .l1
    parameters.durable = false
    return Cell(
      suite: suite, operation: .copy, engine: "core", routine: routine, parameters: parameters)
  }

  static func row(
    _ judgement: Judgement, _ name: String = "auto", tier: Tier = .paired,
    isAdvisory: Bool = false, change: Double? = nil, reason: String = "", suite: String = "copy"
  ) -> VerdictRow {
    VerdictRow(
      cell: cell(name, suite: suite), tier: tier, judgement: judgement, isAdvisory: isAdvisory,
      change: change.map { Change(value: $0, low: $0 - 0.01, high: $0 + 0.01) },
      limit: change.map { _ in 0.03 }, reason: reason)
  }

  /// Every judgement, tier and part that a report may have.
  static let whole = GateReport(
    sides: [
      .init(label: "A", value: "HEAD~1 (46effba)"), .init(label: "B", value: "`feature|x` <dirty>"),
    ],
    rows: [
      row(.regressed, names[1], change: 0.0412, reason: "both fresh runs agree | as \(names[9])"),
      row(.regressed, names[3], tier: .exact, reason: "bytes_copied 3584 → 4096"),
      row(.refused, names[5], reason: "error: \(names[6])", suite: "cow<edge>"),
      row(.inconclusive, names[7], change: 0.025, reason: "30 more pairs would settle it"),
      row(.improved, names[8], change: -0.08),
      row(.pass), row(.pass, tier: .exact), row(.pass, names[15], change: 0.0004),
      row(.pass, names[10], change: -0.0004, suite: "cow<edge>"),
      row(.pass), row(.inconclusive, names[4], isAdvisory: true, change: 0.2, reason: names[12]),
      row(.pass, names[11], isAdvisory: true),
    ],
    notices: ["The references moved by +1.2 %.", names.joined(separator: " ")],
    unmatched: [
      .init(reason: "only in A", cells: [cell(names[2]), cell(names[14])]),
      .init(reason: "only in B", cells: [cell(names[13], size: 1 << 21)]),
    ], exitStatus: .regressed)

  static let passed = GateReport(
    sides: [.init(label: "baseline", value: "results/baselines/x")],
    rows: [row(.pass, tier: .stored, change: 0.001), row(.pass, tier: .exact)], exitStatus: .pass)

  static let failed = GateReport(
    sides: [], rows: [], notices: ["There is no baseline 'x'; 'make baseline' records one."],
    exitStatus: .baselineUnusable)

  /// Undecided, and only a failure under --strict.
  static func open(isStrict: Bool) -> GateReport {
    var report = GateReport(
      sides: passed.sides,
      rows: [
        row(.inconclusive, tier: .stored, change: 0.05, reason: "not yet repeated"),
        row(.pass, "other", tier: .stored),
      ], exitStatus: .inconclusive)
    report.isStrict = isStrict
    return report
  }
}
