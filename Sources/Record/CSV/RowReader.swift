import Plan

/// Reads the rows of one file, field by field in the order this build writes them.
///
/// The file's own columns may stand in any order and include ones this build does not know.
struct RowReader {
  let file: RecordFile
  var scanner: RowScanner
  /// The file's own column names.
  private var header: [String] = []
  /// Where each column of `file.columns` stands in a row; nil for one that version 1 lacks.
  var places: [Int?] = []
  let columns: [String]
  /// The column that is read next, an index into `columns`.
  var cursor = 0
  /// Cells by the raw text of their key, and by value: the same cell may be spelled in two ways.
  private var keys: [[UInt8]: Int] = [:]
  private var cellIndices: [Cell: Int] = [:]
  private var cells: [Cell] = []
  /// The cell of the current row, an index into `cells`.
  private var currentCell = 0
  private var keyScratch: [UInt8] = []
  private var firstLines: [RowIdentity: Int] = [:]
  private var names: [String: Int] = [:]

  /// What no two rows of a file share.
  ///
  /// Files without moments leave those at zero.
  struct RowIdentity: Hashable {
    var cellIndex = 0
    var moment = 0
    var process = 0
    var round = 0
  }

  init(_ file: RecordFile, _ bytes: [UInt8]) throws(RecordError) {
    self.file = file
    scanner = RowScanner(bytes)
    columns = file.columns
    if bytes.isEmpty { throw RecordError(file: file, line: 1, reason: "the file is empty") }
    _ = try scan()
    for index in scanner.fields.indices {
      guard let name = CSV.text(of: scanner.bytes[scanner.fields[index]]) else {
        throw RecordError(
          file: file, line: 1, column: "\(index + 1)", reason: "the header is not UTF-8")
      }
      header.append(name)
    }
    for column in columns {
      let place = header.firstIndex(of: column)
      if place == nil, !file.columnsSinceVersion2.contains(column) {
        try refuseOtherVersion()
        throw missing(column)
      }
      places.append(place)
    }
    for (place, name) in header.enumerated() where header.firstIndex(of: name) != place {
      throw RecordError(
        file: file, line: 1, column: name, reason: "the column stands twice in the header")
    }
  }

  /// Moves to the next row and checks its shape and schema version; false at the end.
  mutating func next() throws(RecordError) -> Bool {
    guard try scan() else { return false }
    let count = scanner.fields.count
    if count < header.count {
      throw RecordError(
        file: file, line: scanner.line, column: header[count],
        reason: "the line is cut off: \(count) of \(header.count) fields")
    }
    if count > header.count {
      throw RecordError(
        file: file, line: scanner.line, column: header.last,
        reason: "too many fields follow: \(count) instead of \(header.count)")
    }
    cursor = 0
    let schema = try integer()
    guard readableSchemaVersions.contains(schema) else { throw unknownVersion(schema) }
    if schema > 1, let absent = places.firstIndex(of: nil) { throw missing(columns[absent]) }
    return true
  }

  /// The next 17 fields as a cell.
  mutating func cell() throws(RecordError) -> Cell {
    currentCell = try cellIndex()
    return cells[currentCell]
  }

  /// Refuses the row when another one holds the same cell.
  mutating func claimCell() throws(RecordError) -> Cell {
    let cell = try cell()
    try claim(RowIdentity(cellIndex: currentCell), "the cell", column: Cell.keyColumns[0])
    return cell
  }

  /// Refuses the row when another one holds the same cell at the same moment, process and round.
  mutating func claim(moment: Int, process: Int, round: Int) throws(RecordError) {
    try claim(
      RowIdentity(cellIndex: currentCell, moment: moment, process: process, round: round),
      "the cell, moment, process and round", column: "round")
  }

  /// Refuses the row when another one has the same key.
  mutating func claim(_ key: String, _ what: String, column: String) throws(RecordError) {
    if let line = names.updateValue(scanner.line, forKey: key) {
      throw error("\(what) repeats line \(line)", column: column)
    }
  }

  /// Refuses the row when another one holds the same pair of the same cell and run.
  mutating func claim(run: Int, pair: Int) throws(RecordError) {
    try claim(
      RowIdentity(cellIndex: currentCell, process: run, round: pair), "the cell, run and pair",
      column: "pair")
  }

  /// The next field as a name that no other row has.
  mutating func claimName() throws(RecordError) -> String {
    let name = try text()
    cursor -= 1
    if name.isEmpty { throw error("the field is empty, a name is needed") }
    if let line = names.updateValue(scanner.line, forKey: name) {
      throw error("\"\(name)\" repeats line \(line)")
    }
    return advance(name)
  }
}

extension RowReader {
  private mutating func scan() throws(RecordError) -> Bool {
    do {
      return try scanner.next()
    } catch {
      let column = error.field < header.count ? header[error.field] : nil
      throw RecordError(file: file, line: scanner.line, column: column, reason: error.reason)
    }
  }

  /// A file of another version may lack columns: then the version is what is wrong with it.
  private mutating func refuseOtherVersion() throws(RecordError) {
    guard let place = header.firstIndex(of: "schema"), try scan(), place < scanner.fields.count,
      let text = CSV.text(of: scanner.bytes[scanner.fields[place]]), let version = Int(text),
      !readableSchemaVersions.contains(version)
    else { return }
    throw unknownVersion(version)
  }

  private func unknownVersion(_ version: Int) -> RecordError {
    RecordError(
      file: file, line: scanner.line, column: "schema",
      reason: "schema version \(version) is unknown, this build reads "
        + "\(readableSchemaVersions.lowerBound) to \(readableSchemaVersions.upperBound)")
  }

  private func missing(_ column: String) -> RecordError {
    RecordError(
      file: file, line: 1, column: column, reason: "the column is missing from the header")
  }

  /// The raw bytes of a field of `columns`; nothing where the file has no such column.
  func field(_ column: Int) -> ArraySlice<UInt8> {
    guard let place = places[column] else { return [] }
    return scanner.bytes[scanner.fields[place]]
  }

  private mutating func cellIndex() throws(RecordError) -> Int {
    keyScratch.removeAll(keepingCapacity: true)
    for column in cursor..<cursor + Cell.keyColumns.count {
      keyScratch.append(contentsOf: field(column))
      keyScratch.append(CSV.comma)
    }
    if let index = keys[keyScratch] {
      cursor += Cell.keyColumns.count
      return index
    }
    let first = cursor
    var fields: [String] = []
    for _ in Cell.keyColumns { fields.append(try text()) }
    let cell: Cell
    do {
      cell = try Cell(keyFields: fields)
    } catch {
      cursor = first + (Cell.keyColumns.firstIndex(of: error.column) ?? 0)
      throw self.error(
        error.value.isEmpty
          ? "the field is empty" : "\"\(error.value)\" cannot be read")
    }
    let index = cellIndices[cell] ?? cells.count
    if index == cells.count {
      cells.append(cell)
      cellIndices[cell] = index
    }
    keys[keyScratch] = index
    return index
  }

  private mutating func claim(
    _ identity: RowIdentity, _ what: String, column: String
  ) throws(RecordError) {
    if let line = firstLines.updateValue(scanner.line, forKey: identity) {
      throw RecordError(
        file: file, line: scanner.line, column: column,
        reason: "\(what) repeats line \(line)")
    }
  }
}
