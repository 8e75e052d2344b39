internal import Plan
internal import Record

/// What stands above and below the rows: the harness, what was left out, the legend.
extension ResultTable {
  /// Floor, clocks, rooflines and references, a line each.
  func writeHarness(on page: inout Page) {
    let harness = cells.filter { $0.cell.operation.isHarness && $0.measured != nil }
    func costs(_ operation: Operation) -> [String] {
      harness.filter { $0.cell.operation == operation }.map { row in
        let time = row.measured ?? 0
        let name = operation == .floor ? "" : row.cell.routine + " "
        return "\(name)\(Number.plain(time)) ns"
      }
    }
    let floor = costs(.floor)
    if !floor.isEmpty { page.paragraph(lead: "floor      ", floor[0] + " for an empty call") }
    let clocks = costs(.clock)
    if !clocks.isEmpty {
      page.paragraph(lead: "clocks     ", clocks.joined(separator: ", ") + " for a reading")
    }
    var lead = "roofline   "
    for kind in RooflineKind.allCases {
      let peaks = CacheState.allCases.compactMap { cache -> String? in
        let rates = harness.filter {
          $0.cell.operation == .roofline && $0.cell.parameters.cacheState == cache
            && kind.routines.contains($0.cell.routine)
        }
        .compactMap(\.gigabytesPerSecond)
        return rates.max().map { "\(Number.plain($0)) GB/s \(cache.phrase)" }
      }
      if peaks.isEmpty { continue }
      page.paragraph(lead: lead, "\(kind.rawValue) \(peaks.joined(separator: ", "))")
      lead = "           "
    }
    let references = harness.filter { $0.cell.operation == .reference }
    if !references.isEmpty {
      let shapes = references.count == 1 ? "one shape" : "\(references.count) shapes"
      let names = references.map(\.cell.routine).unique.joined(separator: ", ")
      page.paragraph(lead: "reference  ", "\(shapes) of \(names)")
    }
    for row in cells where row.cell.operation.isHarness {
      if row.status == .skipped || row.measured != nil { continue }
      let reason = row.reason.isEmpty ? "without a time" : row.reason
      let status = row.status == .ok ? Status.error : row.status
      page.paragraph(lead: " ✗  ", "\(row.cell.name)  \(status.rawValue): \(reason)", .alarm)
    }
  }

  /// One line for each reason, with what it hit.
  func writeSkipped(on page: inout Page) {
    let skipped = cells.filter { $0.status == .skipped }
    if skipped.isEmpty { return }
    page.blank()
    let cellCount = skipped.count == 1 ? "one cell" : "\(skipped.count) cells"
    page.paragraph("skipped \(cellCount)", .heading)
    for reason in skipped.map(\.reason).unique {
      let hit = skipped.filter { $0.reason == reason }
      let parts = hit.map(\.cell.operation).unique.map { operation in
        skippedWords(operation, hit.map(\.cell).filter { $0.operation == operation })
      }
      let words = reason.isEmpty ? "no reason given" : reason
      page.paragraph(lead: "    ", "\(words): \(parts.joined(separator: "; "))", .quiet)
    }
  }

  /// The skipped cells of one operation: routines that never ran by their names, the others by the
  /// words their shapes share.
  private func skippedWords(_ operation: Operation, _ hit: [Cell]) -> String {
    let ran = Set(
      cells.filter { $0.cell.operation == operation && $0.status != .skipped }
        .map(\.cell.routine))
    var words = hit.map(\.routine).unique.filter { !ran.contains($0) }
    let others = hit.filter { ran.contains($0.routine) }
    if let first = others.first {
      let shared = first.phrases.filter { phrase in
        others.allSatisfy { $0.phrases.contains(phrase) }
      }
      let shape = shared.isEmpty ? "" : " (\(shared.joined(separator: ", ")))"
      words.append(others.map(\.routine).unique.joined(separator: ", ") + shape)
    }
    let count = hit.count == 1 ? "" : ", \(hit.count) cells"
    return "\(operation.rawValue) \(words.joined(separator: ", "))\(count)"
  }

  /// The meaning of each mark that occurs, and the columns that did not fit.
  func writeLegend(
    marks: Set<Mark>, shown: Set<Column>, dropped: Set<Column>, on page: inout Page
  ) {
    var legend: [String] = []
    if marks.contains(.best) { legend.append("★ best of its group") }
    if marks.contains(.tied) { legend.append("= tied with it: the intervals overlap") }
    if cells.contains(where: { ($0.batches ?? .max) < CellResult.batchesMinimum }) {
      legend.append("fewer than \(CellResult.batchesMinimum) rounds tell no rows apart")
    }
    if marks.contains(.contended) {
      legend.append("! contended: over a fifth of the batches were disturbed")
    }
    if shown.contains(.overCore) {
      legend.append("over core: what the filesystem costs over the bare routine, and as a ratio")
    }
    if !baseline.isEmpty {
      legend.append("change of the ratio to the frozen reference since the baseline")
      legend.append("▲ slower ▼ faster, beyond both intervals and 3 %")
    }
    if !dropped.isEmpty {
      let names = Column.allCases.filter(dropped.contains).map(\.title)
      legend.append("left out where the terminal is too narrow: \(names.joined(separator: ", "))")
    }
    if legend.isEmpty { return }
    page.blank()
    for entry in legend { page.paragraph(entry, .quiet) }
  }
}

extension Sequence where Element: Hashable {
  /// The elements without repetitions, in the order of their first appearance.
  var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
