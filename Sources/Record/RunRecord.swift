/// One fact about the machine, the build or the run: a row of `machine.csv`.
public struct MachineFact: Equatable, Sendable {
  /// The fact's name, with its unit last: `l1d_bytes`.
  public var name: String
  /// Its value as text.
  public var value: String

  /// A fact.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// Everything a run folder holds.
public struct RunRecord: Equatable, Sendable {
  /// What was measured on, with what, when; in file order.
  public var machine: [MachineFact]
  /// Every batch.
  public var samples: [Sample]
  /// One row for each cell, skipped and failed ones included.
  public var cells: [CellResult]
  /// Exact counts.
  public var ledger: [LedgerEntry]

  /// A record from its parts.
  public init(
    machine: [MachineFact], samples: [Sample], cells: [CellResult], ledger: [LedgerEntry]
  ) {
    self.machine = machine
    self.samples = samples
    self.cells = cells
    self.ledger = ledger
  }

  /// The value of a machine fact, or nil.
  public func fact(_ name: String) -> String? {
    machine.first { $0.name == name }?.value
  }
}

/// The schema version written by this build.
public let schemaVersion = 3

/// The schema versions this build reads.
///
/// Their numbers mean the same, so that records of them may be compared: 2 added words and
/// counts, 3 words.
public let readableSchemaVersions = 1...3
