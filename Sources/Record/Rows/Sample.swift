public import Plan

/// One timed batch: a row of `samples.csv`.
public struct Sample: Equatable, Sendable {
  /// The cell that was timed.
  public var cell: Cell
  /// Which recorded moment, from 0.
  ///
  /// Moments of a baseline that may gate lie at least ten minutes apart.
  public var moment: Int
  /// Which worker process of the moment, from 0.
  public var process: Int
  /// Which round of the process, from 0.
  public var round: Int
  /// The batch's place in its round, from 0.
  public var order: Int
  /// Calls in the batch.
  public var calls: Int
  /// Thread CPU time of the batch in nanoseconds, summed over the cell's threads.
  public var cpuNanoseconds: Int
  /// Wall time of the batch in nanoseconds.
  public var wallNanoseconds: Int
  /// Bytes the batch really worked on: moved, zeroed, flushed or compared.
  public var bytes: Int
  /// Involuntary context switches during the batch.
  public var involuntarySwitches: Int
  /// Page faults expected in the batch.
  public var faultsExpected: Int
  /// Page faults counted by the kernel in the batch.
  public var faultsObserved: Int
  /// Bytes of the pages really obtained.
  public var pageBytes: Int
  /// How the batch ended.
  public var status: Status
  /// Why it did not end `ok`; empty otherwise.
  public var reason: String

  /// A sample from its parts.
  public init(
    cell: Cell, moment: Int, process: Int, round: Int, order: Int, calls: Int,
    cpuNanoseconds: Int, wallNanoseconds: Int, bytes: Int, involuntarySwitches: Int,
    faultsExpected: Int, faultsObserved: Int, pageBytes: Int, status: Status, reason: String
  ) {
    self.cell = cell
    self.moment = moment
    self.process = process
    self.round = round
    self.order = order
    self.calls = calls
    self.cpuNanoseconds = cpuNanoseconds
    self.wallNanoseconds = wallNanoseconds
    self.bytes = bytes
    self.involuntarySwitches = involuntarySwitches
    self.faultsExpected = faultsExpected
    self.faultsObserved = faultsObserved
    self.pageBytes = pageBytes
    self.status = status
    self.reason = reason
  }

  /// Thread CPU nanoseconds of one call.
  public var cpuPerCall: Double { Double(cpuNanoseconds) / Double(calls) }

  /// Wall nanoseconds of one call.
  public var wallPerCall: Double { Double(wallNanoseconds) / Double(calls) }
}
