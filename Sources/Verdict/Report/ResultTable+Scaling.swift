internal import Plan
internal import Record

/// How much more several threads get done than one.
extension ResultTable {
  /// A line for each count of threads; nothing where no cell was measured on one thread as well.
  func writeScaling(on page: inout Page) {
    var lead = "threads    "
    for threads in Set(cells.map(\.cell.parameters.threads)).subtracting([1]).sorted() {
      let words = speedups(threads)
      if words.isEmpty { continue }
      let noun = words.joined(separator: ", ")
      page.paragraph(lead: lead, "\(threads) do, in CPU time, the work of one times \(noun)")
      lead = "           "
    }
  }

  /// Operation and engine with the gain of their cells, from the least to the most.
  private func speedups(_ threads: Int) -> [String] {
    let alone = Dictionary(
      cells.filter { $0.cell.parameters.threads == 1 }.map { ($0.cell, $0) },
      uniquingKeysWith: { first, _ in first })
    let gains = cells.filter { $0.cell.parameters.threads == threads }
      .compactMap { row -> (kind: String, gain: Double)? in
        var cell = row.cell
        cell.parameters.threads = 1
        guard let time = row.measured, time > 0, let one = alone[cell]?.measured else { return nil }
        return ("\(cell.operation.rawValue) \(cell.engine)", Double(threads) * one / time)
      }
    return gains.map(\.kind).unique.map { kind in
      let own = gains.filter { $0.kind == kind }.map(\.gain)
      let ends = [own.min() ?? 0, own.max() ?? 0].map { Number.fixed($0, 2) }.unique
      return ends.joined(separator: " to ") + " (\(kind))"
    }
  }
}
