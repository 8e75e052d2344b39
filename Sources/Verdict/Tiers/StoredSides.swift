import Plan
import Record

/// A baseline as the stored tier reads it.
struct StoredBaseline {
  let table: SampleTable
  /// Cells that have a frozen reference and were timed.
  let cells: [Cell]
  private let results: [Cell: CellResult]
  private let spacing: Int?
  private let limits: StoredLimits

  init(_ record: RunRecord, _ limits: StoredLimits) {
    table = SampleTable(record.samples)
    results = resultsByCell(record)
    spacing = record.fact("moment_spacing_seconds_min").flatMap { Int($0) }
    self.limits = limits
    let table = table
    cells = record.cells.map(\.cell).filter { $0.reference != nil && !table.timed($0).isEmpty }
  }

  /// Whether the baseline's own row of a cell is `ok`.
  func isSound(_ cell: Cell) -> Bool { results[cell].map { $0.status == .ok } ?? true }

  /// Why a cell's stored numbers cannot decide anything, or nil.
  func weakness(of cell: Cell, _ spread: MomentSpread) -> String? {
    if let result = results[cell], result.status != .ok {
      return "the baseline is \(result.status.rawValue): \(result.reason)"
    }
    // A filesystem ages, and a loop mount is another one each time.
    if cell.isOnFilesystem { return "a filesystem is not the same on another day; duel instead" }
    let moments = spread.momentMeans.count
    if moments == 0 { return "the baseline has no frozen reference for it" }
    if moments < limits.momentsMinimum {
      return "the baseline has \(moments) of \(limits.momentsMinimum) moments"
    }
    guard let spacing, spacing >= limits.momentSpacingSeconds else {
      return "the baseline's moments lie \(spacing.map { "\($0)" } ?? "an unknown number of") "
        + "seconds apart, \(limits.momentSpacingSeconds) are needed"
    }
    if spread.processesMinimum < limits.processesMinimum {
      return "the baseline has \(spread.processesMinimum) of \(limits.processesMinimum) processes "
        + "in a moment"
    }
    guard let deviation = spread.betweenMoments, deviation <= limits.deviationMaximum else {
      return
        "its ratio varies by \(Change.percent(spread.betweenMoments ?? 0, signed: false)) between "
        + "moments, \(Change.percent(limits.deviationMaximum, signed: false)) is allowed"
    }
    return nil
  }
}

/// A later run as the stored tier reads it.
struct StoredCandidate {
  let table: SampleTable
  /// When the run started, nil when it does not say.
  let started: Int?
  private let results: [Cell: CellResult]

  init(_ record: RunRecord) {
    table = SampleTable(record.samples)
    // The difference of two times that are not negative cannot overflow.
    started = record.fact("run_started_unix").flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
    results = resultsByCell(record)
  }

  func knows(_ cell: Cell) -> Bool { results[cell] != nil }

  /// Why this run's numbers of a cell do not count, or nil.
  func failure(of cell: Cell) -> String? {
    guard let result = results[cell] else { return "one of the runs does not hold it" }
    return result.status == .ok ? nil : "now \(result.status.rawValue): \(result.reason)"
  }
}

private func resultsByCell(_ record: RunRecord) -> [Cell: CellResult] {
  var results: [Cell: CellResult] = [:]
  for result in record.cells { results[result.cell] = result }
  return results
}
