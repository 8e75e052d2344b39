extension MachineFact: RecordRow {
  static let file = RecordFile.machine
  static let ownColumns = ["name", "value"]

  func write(to row: inout RowWriter) {
    row.write(text: name)
    row.write(text: value)
  }

  init(from row: inout RowReader) throws(RecordError) {
    self.init(try row.claimName(), try row.text())
  }
}
