import Plan

/// Appends CSV rows as UTF-8 bytes: RFC 4180 quoting, LF line ends.
struct RowWriter {
  private(set) var bytes: [UInt8] = []
  private var atRowStart = true
  /// The key of each cell met, as text: samples repeat a few hundred cells many thousand times.
  private var keys: [Cell: [UInt8]] = [:]

  init(columns: [String]) {
    for column in columns { write(text: column) }
    endRow()
  }

  mutating func write(text: String) {
    separate()
    CSV.append(text, to: &bytes)
  }

  mutating func write(_ value: Int) {
    separate()
    if value >= 0, value < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(value))
    } else {
      bytes.append(contentsOf: String(value).utf8)
    }
  }

  mutating func write(_ value: Int?) {
    if let value { write(value) } else { separate() }
  }

  /// The shortest decimal text that reads back as the same value.
  mutating func write(_ value: Double?) {
    separate()
    guard let value else { return }
    precondition(value.isFinite, "a record holds finite numbers")
    bytes.append(contentsOf: value.description.utf8)
  }

  mutating func write(_ flag: Bool) { write(flag ? 1 : 0) }

  mutating func write(_ cell: Cell) {
    separate()
    if let key = keys[cell] {
      bytes.append(contentsOf: key)
      return
    }
    var key: [UInt8] = []
    for (index, field) in cell.keyFields.enumerated() {
      if index > 0 { key.append(CSV.comma) }
      CSV.append(field, to: &key)
    }
    keys[cell] = key
    bytes.append(contentsOf: key)
  }

  mutating func endRow() {
    bytes.append(CSV.lineFeed)
    atRowStart = true
  }

  private mutating func separate() {
    if !atRowStart { bytes.append(CSV.comma) }
    atRowStart = false
  }
}
