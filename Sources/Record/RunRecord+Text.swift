import Plan

/// The text of a run's files: 100,000 samples are written in 0.1 s and read in 0.25 s.
extension RunRecord {
  /// The UTF-8 bytes of one file of the run, which must be one of `RecordFile.ofRun`.
  ///
  /// Numbers must be finite; facts must have different names, cells and ledger entries different
  /// cells, and samples different (cell, moment, process, round), or the file cannot be read back.
  public func encoded(_ file: RecordFile) -> [UInt8] {
    switch file {
    case .samples: Sample.encode(samples)
    case .cells: CellResult.encode(cells)
    case .ledger: LedgerEntry.encode(ledger)
    case .machine: MachineFact.encode(machine)
    case .selfTest: preconditionFailure("the self-test is no part of a run")
    case .pairs: preconditionFailure("pairs are no part of a run")
    }
  }

  /// Reads a run from the UTF-8 bytes of its files and checks that the files belong together.
  ///
  /// - Parameter contents: Gives the bytes of a file, or throws why it cannot be read.
  /// - Throws: `RecordError` with file, line and column of the first thing wrong.
  public init(
    contents: (RecordFile) throws(RecordError) -> [UInt8]
  ) throws(RecordError) {
    let machine = try MachineFact.decode(try contents(.machine))
    let cells = try CellResult.decode(try contents(.cells))
    let samples = try Sample.decode(try contents(.samples))
    let ledger = try LedgerEntry.decode(try contents(.ledger))
    self.init(machine: machine, samples: samples, cells: cells, ledger: ledger)
    try checkBatches()
  }

  /// A file cut at a line end looks whole; the batch counts of `cells.csv` tell.
  private func checkBatches() throws(RecordError) {
    var timed: [Cell: Int] = [:]
    for sample in samples where sample.status.isTimed { timed[sample.cell, default: 0] += 1 }
    for result in cells {
      let found = timed.removeValue(forKey: result.cell) ?? 0
      if found != result.batches ?? 0 {
        throw RecordError(
          file: .samples, column: "calls",
          reason: "\(found) batches of \"\(result.cell.name)\" where cells.csv counts "
            + "\(result.batches ?? 0): one of the files is cut off")
      }
    }
    if let orphan = samples.first(where: { timed[$0.cell] != nil }) {
      throw RecordError(
        file: .cells, column: "suite",
        reason: "no row for \"\(orphan.cell.name)\", which samples.csv holds: "
          + "one of the files is cut off")
    }
  }
}
