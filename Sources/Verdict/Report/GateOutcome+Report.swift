extension GateOutcome {
  /// The verdict for whoever reads it.
  ///
  /// - Parameters:
  ///   - runs: Where the runs come from, in their order.
  ///   - baseline: Where the baseline comes from.
  /// - Returns: The report, which every format is made from.
  public func report(runs: [String], baseline: String) -> GateReport {
    let unmatched = [
      GateReport.Unmatched(reason: "only in the baseline", cells: baselineOnly),
      GateReport.Unmatched(reason: "only in the runs", cells: candidateOnly),
    ]
    return GateReport(
      sides: [.init(label: "baseline", value: baseline)]
        + runs.map { .init(label: "run", value: $0) },
      rows: rows, notices: notices, unmatched: unmatched.filter { !$0.cells.isEmpty },
      exitStatus: exitStatus)
  }
}
