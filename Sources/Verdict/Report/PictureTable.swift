public import Record

internal import Plan

/// The whole picture of one operation: the bare routine, the model, and filesystems of this kernel.
///
/// Each row is held against the floor below it: the model against the core routine that moves the
/// same bytes, a live filesystem against the model with its personality. What is above 1 is the
/// work that the step adds.
public struct PictureTable: Sendable {
  struct Row {
    let label: String
    let result: CellResult
    /// What it stands on; nil for the lowest.
    let floor: (label: String, nanoseconds: Double)?
  }

  /// A table for each operation that the run has all three steps of.
  let pictures: [(title: String, rows: [Row])]

  /// The pictures in a run's rows, or nil when there is none.
  public init?(cells: [CellResult]) {
    let measured = cells.filter { $0.measured != nil }
    pictures = [Operation.cowEdge, .dedupe].compactMap { operation in
      PictureTable.picture(of: operation, measured)
    }
    if pictures.isEmpty { return nil }
  }

  /// The tables as text; each line ends with a newline.
  public func render(options: TableOptions) -> String {
    var page = ResultTable.Page(options: options)
    page.line("Where the time goes", .heading)
    for (title, rows) in pictures {
      let fields =
        [[title, "CPU/call", "wall/call", "CPU over the floor below"]] + rows.map(fields)
      let widths = (0..<4).map { column in fields.map { $0[column].count }.max() ?? 0 }
      page.blank()
      for (index, row) in fields.enumerated() {
        let texts = row.enumerated().map { column, text in
          let space = String(repeating: " ", count: widths[column] - text.count)
          return column == 0 || column == 3 ? text + space : space + text
        }
        page.line("  " + texts.joined(separator: "  "), index == 0 ? .quiet : .plain)
      }
    }
    return page.text
  }

  private func fields(_ row: Row) -> [String] {
    func text(_ nanoseconds: Double?) -> String {
      guard let nanoseconds else { return "" }
      let unit = ResultTable.Unit(for: nanoseconds)
      return "\(ResultTable.Number.plain(nanoseconds / unit.nanoseconds)) \(unit.symbol)"
    }
    var ratio = ""
    if let floor = row.floor, let time = row.result.measured {
      ratio = "\(ResultTable.Number.plain(time / floor.nanoseconds))× \(floor.label)"
    }
    return [row.label, text(row.result.measured), text(row.result.wallPerCall), ratio]
  }

  private static func picture(
    of operation: Operation, _ cells: [CellResult]
  ) -> (title: String, rows: [Row])? {
    let own = cells.filter { $0.cell.operation == operation && $0.cell.isBasic }
    let models = own.filter { $0.cell.engine == Cell.modelEngine }
    let live = own.filter { $0.cell.isOnFilesystem && !$0.cell.routine.hasSuffix("-cold") }
    // The shape that the model and this kernel both have, nearest to what people ask about.
    let shapes = Set(live.map(\.cell.work)).intersection(models.map(\.cell.work))
    guard let shape = shapes.min(by: { $0.distance < $1.distance }) else { return nil }
    func time(_ routine: String) -> CellResult? {
      models.first { $0.cell.work == shape && $0.cell.routine == routine }
    }
    guard let model = time("auto"), let bare = model.cell.coreCounterpart,
      let core = cells.first(where: { $0.cell == bare }), let coreTime = core.measured,
      let modelTime = model.measured, coreTime > 0, modelTime > 0
    else { return nil }
    var rows = [
      Row(label: "core", result: core, floor: nil),
      Row(label: "model", result: model, floor: ("core", coreTime)),
    ]
    var floors = [MemoryKind.btrfs: ("model", modelTime)]
    if let other = time("btrfs"), let otherTime = other.measured, otherTime > 0 {
      rows.append(Row(label: "model btrfs", result: other, floor: ("core", coreTime)))
      floors[.btrfs] = ("model btrfs", otherTime)
    }
    for kind in MemoryKind.allCases where kind.isFilesystem {
      for row in live where row.cell.parameters.memory == kind && row.cell.work == shape {
        let (label, time) = floors[kind] ?? ("model", modelTime)
        rows.append(
          Row(
            label: "live \(kind.rawValue), \(row.cell.routine)", result: row, floor: (label, time)))
      }
    }
    return (shape.words(operation), rows)
  }
}

/// The bytes that one call is about, on whatever engine.
private struct Work: Hashable {
  let position: Int?
  let length: Int?
  let size: Int?
  let extent: Int?

  /// How far it is from the small write and the large range that people ask about.
  var distance: Int {
    abs((position ?? 1000) - 1000) + abs((length ?? 512) - 512) + abs((size ?? 1 << 20) - (1 << 20))
  }

  func words(_ operation: Operation) -> String {
    let bytes = ResultTable.Number.bytes
    let place = length.map { "\(bytes($0)) at \(position ?? 0) of a shared block" }
    let range = size.map { "\(bytes($0)), equal" + (extent == size ? ", one extent" : "") }
    return "\(operation.rawValue), \(place ?? range ?? "")"
  }
}

extension Cell {
  fileprivate var work: Work {
    let p = parameters
    return Work(
      position: p.positionBytes, length: p.lengthBytes, size: p.sizeBytes, extent: p.extentBytes)
  }

  /// The plain case of its operation: one thread, data that is there, and equal where compared.
  fileprivate var isBasic: Bool {
    let p = parameters
    return p.threads == 1 && (p.sourceState == .mapped || p.sourceState == nil)
      && (p.mismatch == Mismatch.none || p.mismatch == nil)
      && (operation != .cowEdge || p.alignmentBytes == 4096)
  }
}
