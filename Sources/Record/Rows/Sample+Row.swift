import Plan

extension Sample: RecordRow {
  static let file = RecordFile.samples
  static let ownColumns = [
    "moment", "process", "round", "order", "calls", "cpu_ns", "wall_ns", "bytes",
    "involuntary_switches", "faults_expected", "faults_observed", "page_bytes", "status", "reason",
  ]

  func write(to row: inout RowWriter) {
    row.write(cell)
    row.write(moment)
    row.write(process)
    row.write(round)
    row.write(order)
    row.write(calls)
    row.write(cpuNanoseconds)
    row.write(wallNanoseconds)
    row.write(bytes)
    row.write(involuntarySwitches)
    row.write(faultsExpected)
    row.write(faultsObserved)
    row.write(pageBytes)
    row.write(text: status.rawValue)
    row.write(text: reason)
  }

  init(from row: inout RowReader) throws(RecordError) {
    self.init(
      cell: try row.cell(), moment: try row.integer(), process: try row.integer(),
      round: try row.integer(), order: try row.integer(), calls: try row.integer(atLeast: 1),
      cpuNanoseconds: try row.integer(), wallNanoseconds: try row.integer(),
      bytes: try row.integer(), involuntarySwitches: try row.integer(),
      faultsExpected: try row.integer(), faultsObserved: try row.integer(),
      pageBytes: try row.integer(), status: try row.word(Status.self), reason: try row.text())
    try row.claim(moment: moment, process: process, round: round)
  }
}
