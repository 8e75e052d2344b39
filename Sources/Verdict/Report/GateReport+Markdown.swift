internal import Plan

/// A verdict as a comment on a pull request: what blocks first, what passes folded away.
extension GateReport {
  /// Shares of what is left of the page, so that a long list does not push out what follows.
  private static let shareOfNotices = 0.2
  private static let shareOfOpen = 0.7
  private static let shareOfList = 0.6
  /// Sides, and lists of unmatched cells, that are shown; how much of their labels and values.
  private static let partsMaximum = 5
  private static let labelMaximum = 60
  private static let valueMaximum = 160

  var markdown: String {
    var page = MarkdownPage()
    page.line("**\(sign) daxmark \(headline):** \(MarkdownText.prose(verdict))")
    page.line()
    let sides = sides.prefix(Self.partsMaximum)
    if !sides.isEmpty {
      let parts = sides.map { side in
        MarkdownText.prose(side.label, atMost: Self.labelMaximum) + " "
          + MarkdownText.code(side.value, atMost: Self.valueMaximum)
      }
      page.line(parts.joined(separator: " · "))
      page.line()
    }
    let lines = notices.map { "- " + MarkdownText.prose($0) }
    let unsaid = page.lines(lines, share: Self.shareOfNotices)
    if unsaid > 0 { page.line("- and \(unsaid) more") }
    if !lines.isEmpty { page.line() }
    let open = Self.groups(gating).filter { $0.judgement != .pass }.flatMap(\.rows)
    if !open.isEmpty { writeTable(of: open, on: &page, share: Self.shareOfOpen) }
    page.line(tally)
    fold(gating.filter { $0.judgement == .pass }, "pass", on: &page)
    let shown = Self.groups(advisory).filter { $0.judgement != .pass }.flatMap(\.rows)
    fold(shown, "advisory: shown, never judged", withJudgement: true, on: &page)
    for group in unmatched.prefix(Self.partsMaximum) where !group.cells.isEmpty {
      let count = Self.counted(group.cells.count, "cell")
      let reason = MarkdownText.prose(group.reason, atMost: Self.labelMaximum)
      begin("\(count) \(reason)", on: &page)
      let names = group.cells.map { "- " + MarkdownText.code($0.name) }
      let hidden = page.lines(names, share: Self.shareOfList)
      if hidden > 0 { page.line("- and \(hidden) more") }
      page.line()
      page.line("</details>")
    }
    return page.text
  }

  private var sign: String { exitCode == 0 ? "✅" : exitStatus == .inconclusive ? "⚠️" : "❌" }

  private func fold(
    _ rows: [VerdictRow], _ title: String, withJudgement: Bool = false,
    on page: inout MarkdownPage
  ) {
    if rows.isEmpty { return }
    begin("\(rows.count) \(title)", on: &page)
    writeTable(of: rows, on: &page, share: Self.shareOfList, withJudgement: withJudgement)
    page.line("</details>")
  }

  private func begin(_ title: String, on page: inout MarkdownPage) {
    page.line()
    page.line("<details><summary>\(title)</summary>")
    // Markdown inside HTML begins after an empty line.
    page.line()
  }

  private func writeTable(
    of rows: [VerdictRow], on page: inout MarkdownPage, share: Double, withJudgement: Bool = true
  ) {
    let first = withJudgement ? ["| verdict ", "|---"] : ["", ""]
    page.line(first[0] + "| tier | cell | change | limit | why |")
    page.line(first[1] + "|---|---|--:|--:|---|")
    let lines = rows.map { row in
      let verdict = "| \(isFailure(row) ? "❌ " : "")\(row.judgement.rawValue) "
      let fields = [
        row.tier.rawValue, MarkdownText.code(row.cell.name), row.changeInWords, row.limitInWords,
        MarkdownText.prose(row.reason),
      ]
      return (withJudgement ? verdict : "") + "| " + fields.joined(separator: " | ") + " |"
    }
    let hidden = page.lines(lines, share: share)
    page.line()
    if hidden > 0 {
      page.line("and \(hidden) more")
      page.line()
    }
  }
}
