extension Trace {
  /// Reads the text of a trace.
  ///
  /// - Parameter text: The text.
  /// - Throws: `TraceError` with the first line that is wrong.
  public init(parsing text: String) throws(TraceError) {
    var lines = TraceLines(text)
    let version = try lines.header("daxmark-trace")
    guard version == "1" else {
      throw lines.error("Version '\(version)' is not known; this is 1.")
    }
    guard let seed = UInt64(try lines.header("seed")) else {
      throw lines.error("The seed is no number from 0 to \(UInt64.max).")
    }
    let personality = try lines.header("personality")
    guard Self.personalities.contains(personality) else {
      throw lines.error(
        "'\(personality)' is none of \(Self.personalities.joined(separator: ", ")).")
    }
    guard let block = Int(try lines.header("block")), block >= 512, block & (block - 1) == 0,
      block <= 1 << 16
    else { throw lines.error("The block size is no power of two from 512 to 65536.") }
    var steps: [TraceStep] = []
    while let words = lines.next() { steps.append(try lines.step(words)) }
    self.init(seed: seed, personality: personality, blockByteCount: block, steps: steps)
  }
}

/// The lines of a trace with words, counted.
private struct TraceLines {
  private var lines: ArraySlice<Substring>
  private var line = 0

  /// The longest name of a file.
  private static let longestName = 32
  /// Bytes of a write or read at most: they are held in memory, twice.
  private static let mostBytes = 64 << 20

  init(_ text: String) {
    lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }[...]
  }

  func error(_ reason: String) -> TraceError { TraceError(line: max(line, 1), reason: reason) }

  /// The words of the next line that has any.
  mutating func next() -> [Substring]? {
    while let text = lines.popFirst() {
      line += 1
      let words = text.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
      if !words.isEmpty { return words }
    }
    return nil
  }

  /// The value of the header line of a name, which comes next.
  mutating func header(_ name: String) throws(TraceError) -> String {
    guard let words = next() else { throw error("The text ends before '\(name)'.") }
    guard words.count == 2, words[0] == name else {
      throw error("Here '\(name)' and its value are expected.")
    }
    return String(words[1])
  }

  func step(_ words: [Substring]) throws(TraceError) -> TraceStep {
    var words = words[...]
    let name = words.removeFirst()
    guard let verb = TraceVerb(rawValue: String(name)) else {
      throw error("'\(name)' is no verb.")
    }
    var expected: TraceResult?
    if let place = words.firstIndex(of: "=") {
      guard place + 2 == words.endIndex, let result = TraceResult(words[place + 1]) else {
        throw error("After '=' one result is expected: ok, a number, differs, or an error name.")
      }
      expected = result
      words = words[..<place]
    }
    guard words.count == verb.operands.count else {
      throw error("'\(verb.rawValue)' has \(verb.operands.count) operands, not \(words.count).")
    }
    var files: [String] = []
    var numbers: [Int] = []
    for (word, operand) in zip(words, verb.operands) {
      if operand == .file {
        files.append(try fileName(word))
      } else {
        guard let number = Int(word), String(number) == word else {
          throw error("'\(word)' is no number.")
        }
        if operand == .byteCount, verb.carriesBytes, !(0...Self.mostBytes).contains(number) {
          throw error("'\(verb.rawValue)' takes from 0 to \(Self.mostBytes) bytes.")
        }
        numbers.append(number)
      }
    }
    return TraceStep(verb, files, numbers, expected: expected)
  }

  /// Names become names of real files, so they are letters and digits, and not long.
  private func fileName(_ word: Substring) throws(TraceError) -> String {
    let isPlain = word.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    guard isPlain, word.utf8.count <= Self.longestName else {
      throw error(
        "'\(word)' is no name of a file: up to \(Self.longestName) letters a to z and digits."
      )
    }
    return String(word)
  }
}
