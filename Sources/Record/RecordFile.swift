import Plan

/// A file of records, by its name: the four files of a run folder, and what lies beside a baseline.
public enum RecordFile: String, Sendable {
  /// Every batch.
  case samples = "samples.csv"
  /// One row for each cell.
  case cells = "cells.csv"
  /// Exact counts.
  case ledger = "ledger.csv"
  /// What was measured on, with what, when.
  case machine = "machine.csv"
  /// What the gate's self-test found on this machine class; beside a baseline.
  case selfTest = "selftest.csv"
  /// Every pair of a duel.
  case pairs = "pairs.csv"

  /// The four files of a run folder.
  public static let ofRun: [RecordFile] = [.samples, .cells, .ledger, .machine]

  /// The columns this build writes, in file order.
  public var columns: [String] {
    switch self {
    case .samples: ["schema"] + Cell.keyColumns + Sample.ownColumns
    case .cells: ["schema"] + Cell.keyColumns + CellResult.ownColumns
    case .ledger: ["schema"] + Cell.keyColumns + LedgerEntry.ownColumns
    case .machine: ["schema"] + MachineFact.ownColumns
    case .selfTest: ["schema"] + SelfTestStep.ownColumns
    case .pairs: ["schema"] + Cell.keyColumns + PairSample.ownColumns
    }
  }

  /// The columns that files of schema 1 do not have: their fields are empty there.
  var columnsSinceVersion2: Set<String> {
    self == .ledger ? LedgerEntry.columnsSinceVersion2 : []
  }
}
