/// One field at a time; an error leaves the cursor on the field it is about.
extension RowReader {
  /// The next field as a whole number.
  mutating func integer(atLeast minimum: Int = 0) throws(RecordError) -> Int {
    guard let value = try optionalInteger() else {
      cursor -= 1
      throw error("the field is empty, a whole number is needed")
    }
    if value < minimum {
      cursor -= 1
      throw error("\(value) is less than \(minimum)")
    }
    return value
  }

  /// The next field as a whole number of at least `minimum`, nil when it is empty.
  mutating func optionalInteger(atLeast minimum: Int) throws(RecordError) -> Int? {
    if content().isEmpty { return try optionalInteger() }
    return try integer(atLeast: minimum)
  }

  /// The next field as a whole number, nil when it is empty.
  mutating func optionalInteger() throws(RecordError) -> Int? {
    let field = content()
    if field.isEmpty { return advance(nil) }
    var value = 0
    for byte in field {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { throw notANumber("a whole number") }
      let (tens, overflowTens) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflowSum) = tens.addingReportingOverflow(Int(digit))
      if overflowTens || overflowSum { throw error("\(quotedField()) is too large") }
      value = sum
    }
    return advance(value)
  }

  /// The next field as a finite number of at least zero, nil when it is empty.
  mutating func optionalNumber() throws(RecordError) -> Double? {
    let field = content()
    if field.isEmpty { return advance(nil) }
    // `Double` also reads hexadecimal text, infinities and NaN: not part of the format.
    let isDecimal = field.allSatisfy {
      switch $0 {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isDecimal, let value = Double(String(decoding: field, as: UTF8.self)) else {
      throw notANumber("a finite number")
    }
    guard value.isFinite else { throw error("\(quotedField()) is too large") }
    guard value.sign == .plus else { throw error("\(quotedField()) is negative") }
    return advance(value)
  }

  /// The next field as text.
  mutating func text() throws(RecordError) -> String {
    guard let text = CSV.text(of: raw) else { throw error("the field is not UTF-8") }
    return advance(text)
  }

  /// The next field as one of a set of words.
  mutating func word<Word: RawRepresentable<String> & CaseIterable>(
    _ type: Word.Type
  ) throws(RecordError) -> Word {
    let field = try text()
    guard let word = Word(rawValue: field) else {
      cursor -= 1
      let known = Word.allCases.map(\.rawValue).joined(separator: " ")
      throw error("\"\(field)\" is none of: \(known)")
    }
    return word
  }

  /// The next field as `0` or `1`.
  mutating func flag() throws(RecordError) -> Bool {
    let value = try integer()
    guard value < 2 else {
      cursor -= 1
      throw error("\(value) is neither 0 nor 1")
    }
    return value == 1
  }
}

extension RowReader {
  var raw: ArraySlice<UInt8> { field(cursor) }

  /// The bytes of a field that never needs quotes, without them.
  private func content() -> ArraySlice<UInt8> {
    let raw = raw
    return raw.first == CSV.quote ? raw.dropFirst().dropLast() : raw
  }

  mutating func advance<Value>(_ value: Value) -> Value {
    cursor += 1
    return value
  }

  private func notANumber(_ wanted: String) -> RecordError {
    let field = quotedField()
    let isNegative = field.dropFirst().first == "-" && field.dropFirst(2).first?.isNumber == true
    return error(isNegative ? "\(field) is negative" : "\(field) is not \(wanted)")
  }

  private func quotedField() -> String { "\"\(CSV.text(of: raw) ?? "not UTF-8")\"" }

  func error(_ reason: String, column: String? = nil) -> RecordError {
    RecordError(
      file: file, line: scanner.line, column: column ?? columns[cursor], reason: reason)
  }
}
