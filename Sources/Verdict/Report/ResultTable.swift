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
/// the terminal loses columns in this order: roofline, GB/s, interval, over core, change. Routine
/// and time stay, and a label of more than half a line stands above its numbers. Operations come in
/// the order of their words; within one the model follows what it is held against, and
/// this kernel's filesystems follow the model.
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
    writeScaling(on: &page)
    let groups = Group.all(of: cells)
    var shown: Set<Column> = []
    var dropped: Set<Column> = []
    var marks: Set<Mark> = []
    let comparands = Comparands(
      baseline: baseline,
      run: Dictionary(cells.map { ($0.cell, $0) }, uniquingKeysWith: { first, _ in first }))
    for operation in Operation.allCases {
      let own = groups.filter { $0.key.operation == operation }
      if own.isEmpty { continue }
      let model = own.filter { $0.key.engine == Cell.modelEngine }
      let files = own.filter { $0.key.isOnFilesystem }
      let others = own.filter { $0.key.engine != Cell.modelEngine && !$0.key.isOnFilesystem }
      let section = Section(others + model + files, against: comparands)
      let layout = section.layout(width: page.width)
      shown.formUnion(layout.columns.map(\.column))
      dropped.formUnion(layout.dropped)
      marks.formUnion(section.marks)
      page.blank()
      section.write(on: &page, layout: layout)
    }
    writeSkipped(on: &page)
    writeLegend(marks: marks, shown: shown, dropped: dropped, on: &page)
    return page.text
  }
}
