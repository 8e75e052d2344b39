public import Record

internal import Plan

/// What a run says, in words: the end of a report, for those who read nothing else.
///
/// Sentences are computed from the rows alone and are plain ASCII. Of two rows whose intervals
/// overlap, none is called faster.
public enum Conclusion {
  /// Three sentences: what a copy-on-write costs, what limits it, what to compare it with.
  ///
  /// A run that lacks an operation gets the next best truth: which routine is best at which size,
  /// how far the cheapest cell stands above the floor, how much was measured at all.
  public static func sentences(cells: [CellResult], baseline: [CellResult]?) -> [String] {
    let groups = ResultTable.Group.all(of: cells)
    var sentences: [String] = []
    let fallbacks = [winners(groups), resolution(cells, groups), extremes(groups), tally(cells)]
    let slots: [(preferred: String?, lastResort: String)] = [
      (edgeWrite(groups), "Nothing was measured."),
      (
        roofline(groups),
        "No time of this run can be held against the machine's own peak."
      ),
      (
        baseline.map { movement(cells, $0) } ?? faults(groups),
        "No baseline was given, so nothing is known about changes."
      ),
    ]
    for slot in slots {
      let next = ([slot.preferred] + fallbacks).compactMap { $0 }
        .first { !sentences.contains($0) }
      sentences.append(next ?? slot.lastResort)
    }
    return sentences
  }

  // MARK: - Words

  /// A time in words: `213 nanoseconds`.
  static func time(_ nanoseconds: Double) -> String {
    let unit = ResultTable.Unit(for: nanoseconds)
    return "\(ResultTable.Number.plain(nanoseconds / unit.nanoseconds)) \(unit.word)"
  }

  /// How a row's time stands to a quicker or slower one: `takes 1.46 times as long`.
  static func ratio(of row: CellResult, to other: CellResult) -> String? {
    guard let time = row.measured, let least = other.measured else { return nil }
    if row.isTied(with: other) { return "costs the same within the intervals" }
    guard least > 0 else { return nil }
    return "takes \(ResultTable.Number.fixed(time / least, 2)) times as long"
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ parts: [String]) -> String {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " and " + last
  }

  /// `one cell`, `3 cells`.
  static func count(_ count: Int, _ noun: String) -> String {
    count == 1 ? "one \(noun)" : "\(count) \(noun)s"
  }

  /// The cell in words: operation, shape, routine.
  static func name(_ cell: Cell) -> String {
    let shape = cell.shapeInWords
    return "\(cell.operation.rawValue) by \(cell.routine)" + (shape.isEmpty ? "" : " (\(shape))")
  }
}
