internal import Plan
internal import Record

/// Two runs beside each other, the largest change first.
public struct ComparisonTable: Sendable {
  private let comparison: Comparison
  private let showsAll: Bool

  /// A table of the rows whose intervals exclude no change, or of all.
  public init(_ comparison: Comparison, showsAll: Bool) {
    self.comparison = comparison
    self.showsAll = showsAll
  }

  /// The text, without a newline at the end.
  public func render() -> String {
    let parted = comparison.rows.filter { row in
      guard let change = row.ratioChange ?? row.cpuChange else { return false }
      return change.low > 0 || change.high < 0
    }
    let shown = (showsAll ? comparison.rows : parted).sorted {
      magnitude($0) > magnitude($1)
    }
    var lines: [String] = []
    if let reason = comparison.comparability.reason { lines += ["Read with care: \(reason).", ""] }
    let table = shown.map { row in
      [
        row.cell.name, ResultTable.Number.plain(row.cpuPerCallA),
        ResultTable.Number.plain(row.cpuPerCallB),
        row.cpuChange.map { percent($0.value) } ?? "",
        row.ratioChange.map {
          "\(percent($0.value)) [\(percent($0.low)), \(percent($0.high))]"
        } ?? "",
      ]
    }
    lines += aligned([["cell", "A ns", "B ns", "cpu", "to the reference"]] + table)
    lines.append("")
    lines.append(
      "\(parted.count) of \(comparison.rows.count) cells moved beyond their intervals. This "
        + "describes two runs; 'daxmark gate' judges.")
    for (label, cells) in [("A", comparison.onlyInA), ("B", comparison.onlyInB)]
    where !cells.isEmpty {
      lines.append("\(cells.count) cells only in \(label), the first: \(cells[0].name).")
    }
    return lines.joined(separator: "\n")
  }

  private func magnitude(_ row: Comparison.Row) -> Double {
    ((row.ratioChange ?? row.cpuChange)?.value ?? 0).magnitude
  }

  private func aligned(_ rows: [[String]]) -> [String] {
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 ? text + space : space + text
      }
      return cells.joined(separator: "  ")
    }
  }
}
