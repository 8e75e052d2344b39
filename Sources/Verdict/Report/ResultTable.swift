public import Record

internal import Plan

/// How a table is drawn.
public struct TableOptions: Sendable {
  /// Columns of the terminal; unlimited when 0, and never below 20.
  public var width: Int
  /// Whether ANSI colours are written.
  public var color: Bool
  /// Whether characters outside ASCII may be written.
  public var unicode: Bool

  /// Options for a terminal of `width` columns; the default fits 100 columns without colour.
  public init(width: Int = 100, color: Bool = false, unicode: Bool = true) {
    self.width = width
    self.color = color
    self.unicode = unicode
  }
}

/// A run as a person reads it: the harness, one line for each cell, what was left out, a legend.
///
/// Cells that differ only in their routine stand together, the fastest first. A table too wide for
/// the terminal loses columns in this order: roofline, GB/s, interval, change. Routine and time
/// stay, and a label of more than half a line stands above its numbers.
public struct ResultTable: Sendable {
  let cells: [CellResult]
  let baseline: [Cell: CellResult]
  let options: TableOptions

  /// A table of a run's rows, held against a baseline's rows where there are some.
  public init(cells: [CellResult], baseline: [CellResult]?, options: TableOptions) {
    self.cells = cells
    self.baseline = Dictionary(
      (baseline ?? []).map { ($0.cell, $0) }, uniquingKeysWith: { first, _ in first })
    self.options = options
  }

  /// The table as text; each line ends with a newline and none is wider than the terminal.
  public func render() -> String {
    var page = Page(options: options)
    writeHarness(on: &page)
    let groups = Group.all(of: cells)
    var operations: [Operation] = []
    for group in groups where !operations.contains(group.key.operation) {
      operations.append(group.key.operation)
    }
    var dropped: Set<Column> = []
    var marks: Set<Mark> = []
    for operation in operations {
      let section = Section(groups.filter { $0.key.operation == operation }, baseline: baseline)
      let layout = section.layout(width: page.width)
      dropped.formUnion(layout.dropped)
      marks.formUnion(section.marks)
      page.blank()
      section.write(on: &page, layout: layout)
    }
    writeSkipped(on: &page)
    writeLegend(marks: marks, dropped: dropped, on: &page)
    return page.text
  }
}
