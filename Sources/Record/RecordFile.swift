import Plan

/// The four files of a run folder.
///
/// The raw value is the file name.
public enum RecordFile: String, CaseIterable, Sendable {
  /// Every batch.
  case samples = "samples.csv"
  /// One row for each cell.
  case cells = "cells.csv"
  /// Exact counts.
  case ledger = "ledger.csv"
  /// What was measured on, with what, when.
  case machine = "machine.csv"

  /// The columns this build writes, in file order.
  public var columns: [String] {
    switch self {
    case .samples: ["schema"] + Cell.keyColumns + Sample.ownColumns
    case .cells: ["schema"] + Cell.keyColumns + CellResult.ownColumns
    case .ledger: ["schema"] + Cell.keyColumns + LedgerEntry.ownColumns
    case .machine: ["schema"] + MachineFact.ownColumns
    }
  }

  /// The columns that files of schema 1 do not have: their fields are empty there.
  var columnsSinceVersion2: Set<String> {
    self == .ledger ? LedgerEntry.columnsSinceVersion2 : []
  }
}
