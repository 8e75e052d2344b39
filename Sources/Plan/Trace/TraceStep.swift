/// One step of a trace: a verb, its operands, and for scenarios what it is to come to.
public struct TraceStep: Hashable, Sendable, CustomStringConvertible {
  /// What is done.
  public var verb: TraceVerb
  /// The files, in the order of the text.
  public var files: [String]
  /// The numbers, in the order of the text.
  public var numbers: [Int]
  /// The result that both sides are to give, or nil for any that they agree on.
  public var expected: TraceResult?

  /// A step of as many files and numbers as its verb has operands of each.
  ///
  /// - Parameters:
  ///   - verb: What is done.
  ///   - files: The files.
  ///   - numbers: The numbers.
  ///   - expected: The result, where it is known beforehand.
  public init(
    _ verb: TraceVerb, _ files: [String] = [], _ numbers: [Int] = [],
    expected: TraceResult? = nil
  ) {
    let fileCount = verb.operands.count { $0 == .file }
    precondition(files.count == fileCount, "\(verb) has \(fileCount) files")
    precondition(numbers.count == verb.operands.count - fileCount, "\(verb) has other numbers")
    self.verb = verb
    self.files = files
    self.numbers = numbers
    self.expected = expected
  }

  /// The line of the text.
  public var description: String {
    var (files, numbers) = (files[...], numbers[...])
    var words = [verb.rawValue]
    for operand in verb.operands {
      words.append(operand == .file ? files.removeFirst() : String(numbers.removeFirst()))
    }
    if let expected { words += ["=", expected.description] }
    return words.joined(separator: " ")
  }

  /// The file of a step that has one.
  public var file: String { files.first ?? "" }

  /// The bytes of the first file that are concerned.
  public var range: (position: Int, byteCount: Int) {
    (numbers.first ?? 0, numbers.count > 1 ? numbers[1] : 0)
  }

  /// The first byte in the second file.
  public var targetPosition: Int { numbers.count > 2 ? numbers[2] : 0 }
}
