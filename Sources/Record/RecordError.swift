/// Why a record file cannot be used: where it stands and one sentence.
public struct RecordError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: RecordFile
  /// The line on which the row begins, from 1; nil when the file as a whole is meant.
  public let line: Int?
  /// The column's name; nil when the whole line is meant.
  public let column: String?
  /// What is wrong, in one sentence.
  public let reason: String

  /// An error at a place.
  public init(file: RecordFile, line: Int? = nil, column: String? = nil, reason: String) {
    self.file = file
    self.line = line
    self.column = column
    self.reason = reason
  }

  /// `cells.csv line 12 column cpu_ns_low: "-3" is negative`.
  public var description: String {
    var place = file.rawValue
    if let line { place += " line \(line)" }
    if let column { place += " column \(column)" }
    return "\(place): \(reason)"
  }
}
