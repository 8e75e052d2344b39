extension SelfTestStep: RecordRow {
  static let file = RecordFile.selfTest
  static let ownColumns = [
    "self_test_version", "commit", "started_unix", "mode", "step", "trials", "failures",
    "inconclusive", "share_maximum", "share_low", "share_high", "values", "passed", "detail",
  ]

  /// The UTF-8 bytes of a `selftest.csv` with these steps.
  ///
  /// No two may share start and name; numbers must be finite, names of values free of `=` and `;`.
  public static func encoded(_ steps: [SelfTestStep]) -> [UInt8] { encode(steps) }

  /// Reads the steps of a `selftest.csv`, in file order.
  ///
  /// - Parameter bytes: All of the file.
  /// - Returns: The steps, of one self-test or of several.
  /// - Throws: `RecordError` with line and column of the first thing wrong.
  public static func decoded(_ bytes: [UInt8]) throws(RecordError) -> [SelfTestStep] {
    try decode(bytes)
  }

  func write(to row: inout RowWriter) {
    row.write(version)
    row.write(text: commit)
    row.write(startedUnix)
    row.write(text: mode)
    row.write(text: step)
    row.write(trials)
    row.write(failures)
    row.write(inconclusive)
    row.write(shareMaximum)
    row.write(shareLow)
    row.write(shareHigh)
    row.write(text: values.map { "\($0.name)=\($0.number)" }.joined(separator: ";"))
    row.write(passed)
    row.write(text: detail)
  }

  init(from row: inout RowReader) throws(RecordError) {
    self.init(
      version: try row.integer(atLeast: 1), commit: try row.text(),
      startedUnix: try row.integer(), mode: try row.text(), step: try row.text(), passed: false)
    // A number holds no space: no two pairs make the same key.
    try row.claim("\(startedUnix) \(step)", "the step", column: "step")
    trials = try row.optionalInteger()
    failures = try row.optionalInteger()
    inconclusive = try row.optionalInteger()
    for (count, column) in [(failures, "failures"), (inconclusive, "inconclusive")] {
      if let count, count > trials ?? 0 {
        throw row.error("\(count) of \(trials ?? 0) trials", column: column)
      }
    }
    shareMaximum = try row.optionalNumber()
    shareLow = try row.optionalNumber()
    shareHigh = try row.optionalNumber()
    values = try row.namedNumbers().map { Value($0.name, $0.number) }
    passed = try row.flag()
    detail = try row.text()
  }
}

extension RowReader {
  /// The next field as `name=number` pairs joined by `;`, none when it is empty.
  fileprivate mutating func namedNumbers() throws(RecordError) -> [(name: String, number: Double)] {
    let field = try text()
    if field.isEmpty { return [] }
    var pairs: [(name: String, number: Double)] = []
    for part in field.split(separator: ";", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      // `Double` also reads hexadecimal text, infinities and NaN: not part of the format.
      guard sides.count == 2, !sides[0].isEmpty,
        sides[1].utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
        let number = Double(sides[1]), number.isFinite
      else {
        cursor -= 1
        throw error("\"\(part)\" is no name=number")
      }
      pairs.append((String(sides[0]), number))
    }
    return pairs
  }
}
