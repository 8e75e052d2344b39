/// Splits UTF-8 bytes into rows of raw fields, one row at a time, without copying.
///
/// Strict RFC 4180 with LF line ends: a quote inside an unquoted field, text after a closing quote,
/// a carriage return outside quotes and a last line without its end are errors.
struct RowScanner {
  /// What is wrong with the row being read.
  struct Fault: Error {
    /// The field it was found in, from 0.
    let field: Int
    /// One sentence.
    let reason: String
  }

  let bytes: [UInt8]
  /// The raw fields of the current row, quotes included.
  private(set) var fields: [Range<Int>] = []
  /// The line on which the current row begins, from 1.
  private(set) var line = 1
  private var nextLine = 1
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads the next row into `fields`; false at the end of the bytes.
  mutating func next() throws(Fault) -> Bool {
    fields.removeAll(keepingCapacity: true)
    line = nextLine
    guard position < bytes.count else { return false }
    while true {
      let start = position
      if position < bytes.count, bytes[position] == CSV.quote {
        try skipQuoted()
      } else {
        try skipPlain()
      }
      guard position < bytes.count else {
        throw fault("the last line is cut off: it has no line end")
      }
      fields.append(start..<position)
      position += 1
      switch bytes[position - 1] {
      case CSV.comma: continue
      case CSV.lineFeed:
        nextLine += 1
        return true
      default:
        fields.removeLast()
        throw fault("text follows a closing quote")
      }
    }
  }

  private mutating func skipPlain() throws(Fault) {
    while position < bytes.count {
      switch bytes[position] {
      case CSV.comma, CSV.lineFeed: return
      case CSV.quote: throw fault("a quote stands inside an unquoted field")
      case CSV.carriageReturn: throw fault("a carriage return: lines end in a line feed alone")
      default: position += 1
      }
    }
  }

  private mutating func skipQuoted() throws(Fault) {
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == CSV.lineFeed { nextLine += 1 }
      guard byte == CSV.quote else { continue }
      guard position < bytes.count, bytes[position] == CSV.quote else { return }
      position += 1
    }
    // Also reached when the closing quote is the last byte: `next` then reports the cut line.
    if position == bytes.count, bytes[position - 1] != CSV.quote {
      throw fault("the file ends inside a quoted field")
    }
  }

  private func fault(_ reason: String) -> Fault { Fault(field: fields.count, reason: reason) }
}
