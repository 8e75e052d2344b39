internal import ArgumentParser
internal import Plan

/// Which of some cells a verb is about.
struct Narrowing: ParsableArguments {
  @Option(
    name: [.long, .customShort("f")],
    help: ArgumentHelp(
      "Keep cells whose column has one of the values; may be repeated.",
      valueName: "column=value,…"))
  var filter: [String] = []

  @Option(help: "Keep cells of these engines (comma-separated).")
  var engine: String?

  @Option(
    help: ArgumentHelp(
      "Keep the cell of this name, as it is printed; may be repeated.", valueName: "name"))
  var cells: [String] = []

  /// Whether nothing is left out.
  var isEmpty: Bool { filter.isEmpty && engine == nil && cells.isEmpty }

  /// Those of some cells that the options keep, in their order, of which there must be one.
  ///
  /// - Parameters:
  ///   - all: The cells.
  ///   - place: Where they come from, for sentences: `the suite 'gate'`.
  ///   - routines: Routines to keep, nil for all.
  ///   - known: The names by which `--cells` knows a cell.
  ///   - names: The names that a column may have; empty where anything may be asked for.
  /// - Returns: The cells.
  /// - Throws: `Failure` for a name nobody knows, with the nearest one, or when nothing is left.
  func kept(
    of all: [Cell], in place: String, routines: [String]? = nil,
    known: (Cell) -> [String] = { [$0.name] }, names: (String) -> [String]
  ) throws(Failure) -> [Cell] {
    let kept = try keeping(all, routines: routines, known: known, names: names)
    try checkCells(all, known, place)
    if !kept.isEmpty { return kept }
    throw Failure(
      .usage, "No cell of \(place) passes the filter; 'daxmark plan' shows the cells of a suite.")
  }

  /// The same where the cells are not all there are: none of them may be kept.
  ///
  /// - Throws: `Failure` for a filter that means nothing.
  func keeping(
    _ all: [Cell], routines: [String]? = nil, known: (Cell) -> [String],
    names: (String) -> [String]
  ) throws(Failure) -> [Cell] {
    let filters = try filters(routines, names)
    let wanted = Set(cells)
    return all.filter { cell in
      filters.keeps(cell) && (wanted.isEmpty || known(cell).contains(where: wanted.contains))
    }
  }

  private func filters(
    _ routines: [String]?, _ names: (String) -> [String]
  ) throws(Failure) -> Filter {
    var filters = Filter()
    do throws(FilterError) {
      for term in filter {
        try filters.add(term)
        // Names must exist as those of the options must; words and numbers need not match.
        let parts = term.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { try check(Self.list(String(parts[1])), String(parts[0]), names) }
      }
      if let engine {
        try check(Self.list(engine), "engine", names)
        try filters.add(column: "engine", values: Self.list(engine))
      }
      if let routines {
        try check(routines, "routine", names)
        try filters.add(column: "routine", values: routines)
      }
    } catch {
      throw Failure(.usage, error.sentence)
    }
    return filters
  }

  private func check(
    _ values: [String], _ column: String, _ names: (String) -> [String]
  ) throws(FilterError) {
    let known = names(column)
    if known.isEmpty { return }
    for value in values where !known.contains(value) {
      throw FilterError(sentence: unknown(column, value, among: known).sentence)
    }
  }

  private func checkCells(
    _ all: [Cell], _ names: (Cell) -> [String], _ place: String
  ) throws(Failure) {
    if cells.isEmpty { return }
    let known = all.flatMap(names)
    for name in cells where !known.contains(name) {
      let hint =
        Nearest.name(to: name, among: known).map { "did you mean '\($0)'?" }
        ?? "'daxmark plan' shows the names of a suite's cells."
      throw Failure(.usage, "There is no cell '\(name)' in \(place); \(hint)")
    }
  }

  /// The parts of a comma-separated list.
  static func list(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}

/// A failure for a name nobody knows, with the nearest one.
func unknown(_ kind: String, _ name: String, among known: [String]) -> Failure {
  let hint =
    Nearest.name(to: name, among: known).map { "did you mean '\($0)'?" }
    ?? "known: \(known.joined(separator: ", "))."
  return Failure(.usage, "There is no \(kind) '\(name)'; \(hint)")
}
