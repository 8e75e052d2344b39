/// A choice of cells: terms `column=value,value`, all of which must hold.
///
/// Values are the words of the CSV files; numeric columns also take `4KiB`. An empty value chooses
/// cells to which the column does not apply.
public struct Filter: Sendable {
  private var terms: [(column: Int, values: Set<String>)] = []

  /// A filter without terms: it keeps everything.
  public init() {}

  /// Adds a term `column=value,value`.
  ///
  /// - Throws: `FilterError` for a term without `=` or an unknown column, with the nearest name.
  public mutating func add(_ term: String) throws(FilterError) {
    guard let equals = term.firstIndex(of: "=") else {
      throw FilterError(
        sentence: "The filter '\(term)' is not column=value; try size_bytes=4096.")
    }
    let values = term[term.index(after: equals)...]
      .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    try add(column: String(term[..<equals]), values: values)
  }

  /// Adds a term for one column.
  public mutating func add(column: String, values: [String]) throws(FilterError) {
    guard let index = Cell.keyColumns.firstIndex(of: column) else {
      let nearest = Nearest.name(to: column, among: Cell.keyColumns)
      throw FilterError(
        sentence: "There is no column '\(column)'"
          + (nearest.map { "; did you mean '\($0)'?" } ?? "; the key columns are "
            + Cell.keyColumns.joined(separator: ", ") + "."))
    }
    let isNumeric = column.hasSuffix("_bytes") || column == "pages"
    terms.append((index, Set(values.map { isNumeric ? Filter.number($0) : $0 })))
  }

  /// Whether the cell fulfils every term.
  public func keeps(_ cell: Cell) -> Bool {
    if terms.isEmpty { return true }
    let fields = cell.keyFields
    return terms.allSatisfy { $0.values.contains(fields[$0.column]) }
  }

  private static func number(_ text: String) -> String {
    (try? Axis.value(text[...])).map(String.init) ?? text
  }
}

/// A filter that cannot be understood.
public struct FilterError: Error, Equatable, CustomStringConvertible {
  /// What is wrong and what to do, in one sentence.
  public let sentence: String

  /// An error with its sentence.
  public init(sentence: String) { self.sentence = sentence }

  /// The sentence.
  public var description: String { sentence }
}
