internal import Plan
internal import Record

extension ResultTable {
  /// A column of numbers, in the order they stand.
  enum Column: Int, CaseIterable {
    case time, interval, overCore, throughput, share, change

    var title: String {
      switch self {
      case .time: "time/call"
      case .interval: "[95 %]"
      case .overCore: "over core"
      case .throughput: "GB/s"
      case .share: "roofline"
      case .change: "change"
      }
    }

    /// What a narrow terminal loses first; the time stays.
    static let dropOrder: [Column] = [.share, .throughput, .interval, .overCore, .change]
  }

  /// A line of a section.
  struct Row {
    var label: String
    var mark: Mark
    var isContended = false
    var fields: [Column: String] = [:]
    var failure: String?
  }

  /// Which columns a section shows, and how wide.
  struct Layout {
    var labelWidth: Int
    var columns: [(column: Column, width: Int)]
    var dropped: Set<Column>
  }

  /// What the rows of a section are held against.
  struct Comparands {
    /// The rows of a baseline.
    let baseline: [Cell: CellResult]
    /// The rows of this run.
    let run: [Cell: CellResult]
  }

  /// All groups of one operation: they share column widths and one line of titles.
  struct Section {
    let title: String
    /// A headed group, or a run of groups with a single row each, which need no header.
    private(set) var blocks: [(header: String?, rows: [Row])] = []

    init(_ groups: [Group], against comparands: Comparands) {
      let singles = groups.filter { $0.rows.count == 1 }.flatMap(\.rows)
      let routines = Set(singles.map(\.cell.routine))
      let shared = singles.count == groups.count && routines.count == 1 ? routines.first : nil
      title = (groups.first?.key.operation.rawValue ?? "") + (shared.map { " by \($0)" } ?? "")
      for group in groups {
        let isSingle = group.rows.count == 1
        let rows = group.rows.map { row in
          var label = row.cell.routine
          if isSingle {
            label = group.key.shapeInWords + (shared == nil ? ", \(row.cell.routine)" : "")
          }
          return Row(row, in: group, label: label, against: comparands)
        }
        if isSingle, let last = blocks.indices.last, blocks[last].header == nil {
          blocks[last].rows += rows
        } else {
          blocks.append((isSingle ? nil : Section.header(of: group), rows))
        }
      }
    }

    private static func header(of group: Group) -> String {
      let distance = group.autoDistance.map { " (\($0))" } ?? ""
      return "\(group.key.operation.rawValue) \(group.key.shapeInWords)\(distance)"
    }

    var marks: Set<Mark> {
      let rows = blocks.flatMap(\.rows)
      return Set(rows.map(\.mark)).union(rows.contains { $0.isContended } ? [.contended] : [])
    }

    /// The widest layout that fits.
    func layout(width: Int) -> Layout {
      let rows = blocks.flatMap(\.rows)
      var columns = Column.allCases.compactMap { column -> (column: Column, width: Int)? in
        let widest = rows.compactMap { $0.fields[column]?.count }.max()
        return widest.map { (column, max($0, column.title.count)) }
      }
      // Labels of more than half a line go on a line of their own instead of costing columns.
      let labels = rows.filter { $0.failure == nil }.map(\.label.count).filter { $0 <= width / 2 }
      let wanted = max(labels.max() ?? 0, title.count - Section.indent)
      var dropped: Set<Column> = []
      func room() -> Int { columns.reduce(width - Section.indent) { $0 - $1.width - 2 } }
      for column in Column.dropOrder where room() < wanted {
        guard let index = columns.firstIndex(where: { $0.column == column }) else { continue }
        columns.remove(at: index)
        dropped.insert(column)
      }
      return Layout(labelWidth: min(wanted, max(room(), 1)), columns: columns, dropped: dropped)
    }

    /// Columns before a label: a space, the mark, the contention mark, a space.
    private static let indent = 4

    func write(on page: inout Page, layout: Layout) {
      let titles = layout.columns.map { $0.column.title.leftPadded(to: $0.width + 2) }.joined()
      let label = title.fitted(to: layout.labelWidth + Section.indent)
      page.line(label + titles, .heading)
      for block in blocks {
        if let header = block.header { page.paragraph(lead: " ", header) }
        for row in block.rows { write(row, on: &page, layout: layout) }
      }
    }

    private func write(_ row: Row, on page: inout Page, layout: Layout) {
      let lead = " \(row.mark.rawValue)\(row.isContended ? Mark.contended.rawValue : " ") "
      if let failure = row.failure {
        page.paragraph(lead: lead, row.label + "  " + failure, .alarm)
        return
      }
      let fields = layout.columns.map { (row.fields[$0.column] ?? "").leftPadded(to: $0.width + 2) }
      let style: Style = row.mark == .best ? .best : .plain
      if row.label.count <= layout.labelWidth {
        page.line(lead + row.label.fitted(to: layout.labelWidth) + fields.joined(), style)
      } else {
        // A shape cut short would no longer say which cell it is: its numbers go below it.
        page.paragraph(lead: lead, row.label, style)
        page.line("".fitted(to: layout.labelWidth + Section.indent) + fields.joined(), style)
      }
    }
  }
}

extension ResultTable.Row {
  /// The line of one cell; its unit is chosen by the group's fastest row.
  init(
    _ result: CellResult, in group: ResultTable.Group, label: String,
    against comparands: ResultTable.Comparands
  ) {
    typealias Number = ResultTable.Number
    self.init(label: label, mark: group.mark(of: result), isContended: result.contended)
    guard let time = result.measured else {
      let reason = result.reason.isEmpty ? "without a time" : result.reason
      failure = "\(result.status == .ok ? "error" : result.status.rawValue): \(reason)"
      return
    }
    let unit = ResultTable.Unit(for: group.best?.measured ?? time)
    let value = time / unit.nanoseconds
    fields[.time] = "\(Number.plain(value)) \(unit.symbol)"
    if let low = result.cpuLow, let high = result.cpuHigh {
      let decimals = Number.decimals(value)
      let bounds = [low, high].map { Number.fixed($0 / unit.nanoseconds, decimals) }
      fields[.interval] = "[\(bounds.joined(separator: ", "))]"
    }
    if let extra = result.overCore(in: comparands.run) {
      let added = extra.nanoseconds / unit.nanoseconds
      // A small difference of large times is known hardly better than these.
      let text = Number.fixed(added, min(Number.decimals(added), Number.decimals(value) + 1))
      let ratio = Number.plain(extra.ratio)
      fields[.overCore] = "\(added > 0 ? "+" : "")\(text) \(unit.symbol) (\(ratio)×)"
    }
    if let rate = result.gigabytesPerSecond { fields[.throughput] = Number.plain(rate) }
    if let share = result.rooflineShare { fields[.share] = Number.percent(share) + " %" }
    if let change = result.change(since: comparands.baseline[result.cell]) {
      let mark = !change.moved ? " " : change.relative > 0 ? "▲" : "▼"
      fields[.change] = "\(Number.change(change.relative)) % \(mark)"
    }
  }
}

extension String {
  /// Right-aligned in a field.
  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }

  /// Left-aligned in a field, cut with an ellipsis where it is too long.
  fileprivate func fitted(to width: Int) -> String {
    if count > width { return prefix(Swift.max(0, width - 1)) + "…" }
    return self + String(repeating: " ", count: width - count)
  }
}
