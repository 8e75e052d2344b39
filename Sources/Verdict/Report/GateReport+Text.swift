internal import Plan

/// A verdict as a person reads it: what decides first, what only informs at the end.
extension GateReport {
  /// Rows of a group that a terminal shows; what regressed is always shown whole.
  private static let rowsMaximum = 40
  private static let advisoryMaximum = 10

  func text(_ options: TableOptions) -> String {
    var page = ResultTable.Page(options: options)
    page.paragraph("\(headline): \(verdict)", exitCode == 0 ? .best : .alarm)
    if !sides.isEmpty { page.blank() }
    let width = sides.map(\.label.count).max() ?? 0
    for side in sides {
      page.paragraph(lead: side.label.padded(to: width) + "  ", side.value)
    }
    for group in Self.groups(gating) where group.judgement != .pass {
      page.blank()
      page.line(group.judgement.rawValue, .heading)
      let isWhole = group.rows.contains(where: isFailure)
      write(group.rows, most: isWhole ? .max : Self.rowsMaximum, on: &page)
    }
    page.blank()
    for notice in notices { page.paragraph(notice) }
    page.paragraph(tally)
    let open = Self.groups(advisory).filter { $0.judgement != .pass }
    if !open.isEmpty {
      page.blank()
      page.line("Advisory: shown, never judged", .heading)
      let rows = open.flatMap(\.rows)
      write(rows, most: Self.advisoryMaximum, on: &page, withJudgement: true)
    }
    if !unmatched.isEmpty { page.blank() }
    for group in unmatched where !group.cells.isEmpty {
      let count = Self.counted(group.cells.count, "cell")
      page.paragraph("\(count) \(group.reason), the first: \(group.cells[0].name).")
    }
    return page.text
  }

  private func write(
    _ rows: [VerdictRow], most: Int, on page: inout ResultTable.Page, withJudgement: Bool = false
  ) {
    let shown = rows.prefix(most)
    let lines = shown.map { row -> (name: String, numbers: String, reason: String) in
      let limit = row.limit == nil ? "" : "  limit \(row.limitInWords)"
      let name = (withJudgement ? "\(row.judgement.rawValue)  " : "") + row.cell.name
      return (name, row.changeInWords + limit, row.reason)
    }
    let label = lines.map(\.name.count).max() ?? 0
    let fits = lines.allSatisfy { 2 + label + 2 + $0.numbers.count <= page.width }
    for line in lines {
      // Numbers stand in a column where all fit, and otherwise below their names.
      if fits {
        page.line("  " + line.name.padded(to: label) + "  " + line.numbers)
      } else {
        page.paragraph(lead: "  ", line.name)
        if !line.numbers.isEmpty { page.paragraph(lead: "      ", line.numbers) }
      }
      if !line.reason.isEmpty { page.paragraph(lead: "      ", line.reason, .quiet) }
    }
    if rows.count > most { page.line("  and \(rows.count - most) more") }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }
}
