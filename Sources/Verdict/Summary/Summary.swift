public import Plan
public import Record

/// Batches become one row for each cell.
public enum Summary {
  /// Wall over CPU time above which a batch counts as disturbed.
  static let disturbedRatio = 1.2
  /// Share of disturbed batches above which a row is labelled contended.
  static let contendedShare = 0.2
  /// Share by which observed faults may differ from the expected.
  static let faultTolerance = 0.01

  /// Summarises the samples of a run.
  ///
  /// A cell's row takes its numbers from the timed batches (status `ok` or `invalid`). Its status
  /// and reason come from `others` when that names the cell, else from the batches. A cell of the
  /// plan that nobody reports on becomes a skipped row. `betweenMomentDeviation` is filled for
  /// cells with a frozen reference and at least two moments. Batches of cells outside the plan
  /// follow at the end, in order of appearance.
  ///
  /// - Parameters:
  ///   - plan: The cells of the run, companions included, in the order of the rows.
  ///   - samples: Every batch.
  ///   - others: What the runner knows of cells beyond their samples: skipped and failed ones,
  ///     and the chosen variant as the reason of cells that are `ok`. Numbers in them are ignored.
  /// - Returns: One row for each cell.
  public static func results(
    plan: [Cell], samples: [Sample], others: [CellResult] = []
  ) -> [CellResult] {
    let table = SampleTable(samples)
    let rooflines = Rooflines(table)
    var reports: [Cell: CellResult] = [:]
    for other in others { reports[other.cell] = other }
    var seen: Set<Cell> = []
    let unplanned = table.cells + others.map(\.cell)
    return (plan + unplanned).filter { seen.insert($0).inserted }.map { cell in
      row(cell, table, rooflines, report: reports[cell])
    }
  }

  private static func row(
    _ cell: Cell, _ table: SampleTable, _ rooflines: Rooflines, report: CellResult?
  ) -> CellResult {
    let batches = table.timed(cell)
    var result = CellResult(cell: cell, status: .ok, reason: "")
    if !batches.isEmpty { fill(&result, batches, table, rooflines) }
    if let report {
      result.pageBytes = result.pageBytes ?? report.pageBytes
      // An invalid measurement stays invalid, whatever the runner thought of the cell.
      if report.status != .ok {
        result.status = report.status
        result.reason = report.reason
      } else if result.status == .ok, !report.reason.isEmpty {
        result.reason = report.reason
      }
    } else if batches.isEmpty {
      let untimed = table.untimed(cell)
      result.status = untimed?.status ?? .skipped
      result.reason = untimed?.reason ?? "not measured"
    }
    return result
  }

  private static func fill(
    _ result: inout CellResult, _ batches: [Sample], _ table: SampleTable, _ rooflines: Rooflines
  ) {
    let cell = result.cell
    let cpu = batches.map(\.cpuPerCall)
    let interval = OrderStatistics.medianInterval(cpu)
    result.cpuPerCall = OrderStatistics.median(cpu)
    result.cpuLow = interval.low
    result.cpuHigh = interval.high
    result.wallPerCall = OrderStatistics.median(batches.map(\.wallPerCall))
    result.batches = batches.count
    result.calls = Int(OrderStatistics.quantile(batches.map { Double($0.calls) }, 0.5))
    let pages = batches.map(\.pageBytes).filter { $0 > 0 }
    result.pageBytes = pages.min()
    let bytes = batches.reduce(0.0) { $0 + Double($1.bytes) }
    let calls = batches.reduce(0.0) { $0 + Double($1.calls) }
    result.bytesPerCall = bytes > 0 ? bytes / calls : nil
    result.rooflineShare = rooflines.share(of: cell, result.bytesPerCall, result.cpuPerCall)
    let ratios = table.ratios(cell)
    if !ratios.isEmpty {
      result.reference = cell.reference?.routine
      result.referenceRatio = OrderStatistics.median(ratios.map(\.value))
      result.betweenMomentDeviation =
        MomentSpread(SampleTable.byProcess(ratios)).betweenMoments
    }
    let disturbed = batches.filter(isDisturbed).count
    result.contended = Double(disturbed) > contendedShare * Double(batches.count)
    judge(&result, batches, table)
  }

  /// Whether another program was there; CPU time is summed over the threads, wall time is not.
  ///
  /// Work on files waits for devices by nature, and tells nothing of others.
  private static func isDisturbed(_ batch: Sample) -> Bool {
    if batch.cell.isOnFilesystem { return false }
    // A reference has one thread, whatever its key says.
    let threads = batch.cell.operation == .reference ? 1 : batch.cell.parameters.threads
    let wall = Double(batch.wallNanoseconds) * Double(threads)
    return wall > disturbedRatio * Double(batch.cpuNanoseconds)
  }

  private static func judge(
    _ result: inout CellResult, _ batches: [Sample], _ table: SampleTable
  ) {
    let expected = total(batches.map(\.faultsExpected))
    let observed = total(batches.map(\.faultsObserved))
    result.faultsExpected = expected
    result.faultsObserved = observed
    result.reason = batches.first { !$0.reason.isEmpty }?.reason ?? ""
    if let untimed = table.untimed(result.cell) {
      result.status = untimed.status
      result.reason = untimed.reason
    } else if let invalid = batches.first(where: { $0.status == .invalid }) {
      result.status = .invalid
      result.reason = invalid.reason
    }
    if result.status == .ok, result.cell.operation == .fault,
      abs(Double(observed) - Double(expected)) > faultTolerance * Double(expected)
    {
      result.status = .invalid
      result.reason = "\(observed) faults observed, \(expected) expected"
    }
  }

  /// The sum of counts, held at the largest number: samples may come from any file.
  private static func total(_ counts: [Int]) -> Int {
    counts.reduce(0) { sum, count in
      let (next, overflow) = sum.addingReportingOverflow(count)
      return overflow ? .max : next
    }
  }
}
