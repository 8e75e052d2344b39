internal import ArgumentParser
internal import Plan
internal import Runner
internal import Suites

/// Which cells a verb is about: a suite, narrowed by filters.
struct Selection: ParsableArguments {
  @Option(help: "The suite; 'daxmark list' shows them.")
  var suite = "default"

  @Flag(help: "Short for --suite quick.")
  var quick = false

  @Option(
    name: [.long, .customShort("f")],
    help: ArgumentHelp(
      "Keep cells whose column has one of the values; may be repeated.",
      valueName: "column=value,…"))
  var filter: [String] = []

  @Option(help: "Keep cells of these engines (comma-separated).")
  var engine: String?

  @Option(help: "Keep these routines (comma-separated).")
  var routine: String?

  /// The name of the chosen suite.
  var suiteName: String { quick ? "quick" : suite }

  /// The chosen suite.
  ///
  /// - Throws: `Failure` with the nearest name.
  func chosenSuite() throws(Failure) -> Suite {
    if let known = Catalog.suite(named: suiteName) { return known }
    throw unknown("suite", suiteName, among: Catalog.suites.map(\.name))
  }

  /// The chosen cells, in plan order.
  ///
  /// - Throws: `Failure` for a name nobody knows, or when nothing is left.
  func cells() throws(Failure) -> [Cell] {
    let suite = try chosenSuite()
    var filters = Filter()
    do throws(FilterError) {
      for term in filter {
        try filters.add(term)
        try checkNames(term)
      }
      if let names = try names(engine, known: Registry.engines, kind: "engine") {
        try filters.add(column: "engine", values: names)
      }
      if let names = try names(routine, known: Registry.routineNames(), kind: "routine") {
        try filters.add(column: "routine", values: names)
      }
    } catch {
      throw Failure(.usage, error.sentence)
    }
    let all: [Cell]
    do throws(AxisError) {
      all = try suite.cells()
    } catch {
      throw Failure(.tool, "The suite '\(suite.name)' has a broken axis: \(error.description)")
    }
    let kept = all.filter(filters.keeps)
    if kept.isEmpty {
      throw Failure(
        .usage,
        "No cell of the suite '\(suite.name)' passes the filter; 'daxmark plan' shows its cells.")
    }
    if let stranger = kept.first(where: { !Registry.knows($0) }) {
      throw Failure(.tool, "The suite names '\(stranger.name)', which nothing here carries out.")
    }
    return kept
  }

  /// Names in a filter must exist as those of the options must; words and numbers need not match.
  private func checkNames(_ term: String) throws(FilterError) {
    let parts = term.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let column = parts.first, let list = parts.dropFirst().first else { return }
    let known: [String]
    switch column {
    case "suite": known = Catalog.suites.map(\.name)
    case "operation": known = Operation.allCases.map(\.rawValue)
    case "engine": known = Registry.engines
    case "routine": known = Registry.routineNames()
    default: return
    }
    _ = try names(String(list), known: known, kind: String(column))
  }

  private func names(
    _ list: String?, known: [String], kind: String
  ) throws(FilterError) -> [String]? {
    guard let list else { return nil }
    let names = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    for name in names where !known.contains(name) {
      throw FilterError(sentence: unknown(kind, name, among: known).sentence)
    }
    return names
  }
}

/// A failure for a name nobody knows, with the nearest one.
func unknown(_ kind: String, _ name: String, among known: [String]) -> Failure {
  let hint =
    Nearest.name(to: name, among: known).map { "did you mean '\($0)'?" }
    ?? "known: \(known.joined(separator: ", "))."
  return Failure(.usage, "There is no \(kind) '\(name)'; \(hint)")
}
