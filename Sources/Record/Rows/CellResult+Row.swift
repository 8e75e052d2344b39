import Plan

extension CellResult: RecordRow {
  static let file = RecordFile.cells
  static let ownColumns = [
    "page_bytes", "calls", "batches", "cpu_ns_per_call", "cpu_ns_low", "cpu_ns_high",
    "wall_ns_per_call", "bytes_per_call", "roofline_share", "reference", "reference_ratio",
    "between_moment_deviation", "faults_expected", "faults_observed", "contended", "status",
    "reason",
  ]

  func write(to row: inout RowWriter) {
    row.write(cell)
    row.write(pageBytes)
    row.write(calls)
    row.write(batches)
    row.write(cpuPerCall)
    row.write(cpuLow)
    row.write(cpuHigh)
    row.write(wallPerCall)
    row.write(bytesPerCall)
    row.write(rooflineShare)
    row.write(text: reference ?? "")
    row.write(referenceRatio)
    row.write(betweenMomentDeviation)
    row.write(faultsExpected)
    row.write(faultsObserved)
    row.write(contended)
    row.write(text: status.rawValue)
    row.write(text: reason)
  }

  init(from row: inout RowReader) throws(RecordError) {
    self.init(cell: try row.claimCell(), status: .ok, reason: "")
    pageBytes = try row.optionalInteger()
    calls = try row.optionalInteger()
    batches = try row.optionalInteger()
    cpuPerCall = try row.optionalNumber()
    cpuLow = try row.optionalNumber()
    cpuHigh = try row.optionalNumber()
    wallPerCall = try row.optionalNumber()
    bytesPerCall = try row.optionalNumber()
    rooflineShare = try row.optionalNumber()
    let routine = try row.text()
    reference = routine.isEmpty ? nil : routine
    referenceRatio = try row.optionalNumber()
    betweenMomentDeviation = try row.optionalNumber()
    faultsExpected = try row.optionalInteger()
    faultsObserved = try row.optionalInteger()
    contended = try row.flag()
    status = try row.word(Status.self)
    reason = try row.text()
  }
}
