extension LedgerEntry: RecordRow {
  static let file = RecordFile.ledger
  static let ownColumns = countColumns

  func write(to row: inout RowWriter) {
    row.write(cell)
    for count in counts { row.write(count) }
  }

  init(from row: inout RowReader) throws(RecordError) {
    self.init(cell: try row.claimCell())
    var values: [Int?] = []
    for _ in Self.countColumns { values.append(try row.optionalInteger()) }
    counts = values
  }
}
