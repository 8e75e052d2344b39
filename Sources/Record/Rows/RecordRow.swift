/// A value that is one row of a record file.
///
/// Fields are written and read in the order of `RecordFile.columns`, after the schema version.
protocol RecordRow {
  static var file: RecordFile { get }
  /// The columns after the schema version and the cell's key.
  static var ownColumns: [String] { get }
  func write(to row: inout RowWriter)
  init(from row: inout RowReader) throws(RecordError)
}

extension RecordRow {
  static func encode(_ rows: [Self]) -> [UInt8] {
    var writer = RowWriter(columns: file.columns)
    for row in rows {
      writer.write(schemaVersion)
      row.write(to: &writer)
      writer.endRow()
    }
    return writer.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(RecordError) -> [Self] {
    var reader = try RowReader(file, bytes)
    var rows: [Self] = []
    while try reader.next() { rows.append(try Self(from: &reader)) }
    return rows
  }
}
