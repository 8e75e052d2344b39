internal import Plan
internal import Record

/// How much more several threads get done than one.
extension ResultTable {
  /// A line for each count of threads; nothing where no cell was measured on one thread as well.
  ///
  /// Wall time says what gets done, and has in it what other programs took from either core; CPU
  /// time has not, and misses what threads wait for each other. Both together tell these apart.
  func writeScaling(on page: inout Page) {
    var lead = "threads    "
    for threads in Set(cells.map(\.cell.parameters.threads)).subtracting([1]).sorted() {
      let words = speedups(threads)
      if words.isEmpty { continue }
      let list = words.joined(separator: ", ")
      page.paragraph(lead: lead, "\(threads) do as many times what one does (by CPU time): \(list)")
      lead = "           "
    }
  }

  /// Operation, engine, routine and class of fault, with the gain of their cells from the least to
  /// the most.
  private func speedups(_ threads: Int) -> [String] {
    // How the kernel's faults scale is a question of each class: their rows say it.
    let rows = cells.filter {
      !$0.cell.operation.isHarness && $0.cell.engine != Cell.liveEngine && $0.measured != nil
    }
    let alone = Dictionary(
      rows.filter { $0.cell.parameters.threads == 1 }.map { ($0.cell, $0) },
      uniquingKeysWith: { first, _ in first })
    let gains = rows.filter { $0.cell.parameters.threads == threads }
      .compactMap { row -> (kind: String, wall: Double, cpu: Double)? in
        var cell = row.cell
        cell.parameters.threads = 1
        guard let one = alone[cell], let wall = row.wallPerCall, let cpu = row.cpuPerCall,
          let oneWall = one.wallPerCall, let oneCPU = one.cpuPerCall, wall > 0, cpu > 0
        else { return nil }
        let access = cell.parameters.access.map { " " + $0.rawValue } ?? ""
        let kind = "\(cell.operation.rawValue) \(cell.engine) \(cell.routine)" + access
        return (kind, oneWall / wall, Double(threads) * oneCPU / cpu)
      }
    func ends(_ values: [Double]) -> String {
      [values.min() ?? 0, values.max() ?? 0].map { Number.fixed($0, 2) }.unique
        .joined(separator: " to ")
    }
    return gains.map(\.kind).unique.map { kind in
      let own = gains.filter { $0.kind == kind }
      return "\(kind) \(ends(own.map(\.wall))) (\(ends(own.map(\.cpu))))"
    }
  }
}
