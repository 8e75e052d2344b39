public import Plan

/// What a run says about one cell: a row of `cells.csv`.
///
/// Numbers are nil when the cell did not run or they do not apply; the CSV field is empty then.
public struct CellResult: Equatable, Sendable {
  /// The cell.
  public var cell: Cell
  /// Bytes of the pages really obtained, nil when unknown.
  public var pageBytes: Int?
  /// Calls of one batch.
  public var calls: Int?
  /// Timed batches behind the row.
  public var batches: Int?
  /// Median thread CPU nanoseconds of one call.
  public var cpuPerCall: Double?
  /// Lower bound of the median (order statistics, at least 95 %).
  public var cpuLow: Double?
  /// Upper bound of the median.
  public var cpuHigh: Double?
  /// Median wall nanoseconds of one call.
  public var wallPerCall: Double?
  /// Bytes one call works on.
  public var bytesPerCall: Double?
  /// Throughput as a share of the machine's own peak for this work in this run.
  ///
  /// It lies in 0…1 and a little above.
  public var rooflineShare: Double?
  /// Routine name of the frozen reference cell.
  public var reference: String?
  /// Median ratio of the cell's CPU time to its frozen reference, batch by batch.
  public var referenceRatio: Double?
  /// Standard deviation of the log ratio to the reference between recorded moments; baselines only.
  public var betweenMomentDeviation: Double?
  /// Page faults expected over all batches.
  public var faultsExpected: Int?
  /// Page faults observed over all batches.
  public var faultsObserved: Int?
  /// Whether more than a fifth of the batches were disturbed (wall time over 1.2 × CPU time).
  public var contended: Bool
  /// How the cell ended.
  public var status: Status
  /// Why it did not end `ok`, or which variant was chosen; empty otherwise.
  public var reason: String

  /// A result without numbers.
  public init(cell: Cell, status: Status, reason: String) {
    self.cell = cell
    self.status = status
    self.reason = reason
    contended = false
  }
}
