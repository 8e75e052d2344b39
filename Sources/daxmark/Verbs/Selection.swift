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

  @OptionGroup var target: TargetOption

  /// The name of the chosen suite.
  var suiteName: String { quick ? "quick" : suite }

  /// The chosen suite.
  ///
  /// - Throws: `Failure` with the nearest name.
  func chosenSuite() throws(Failure) -> Suite { try choice.chosenSuite() }

  /// The chosen cells, in plan order, and where those on files are measured.
  ///
  /// - Throws: `Failure` for a name nobody knows, or when nothing is left.
  func chosen() throws(Failure) -> (cells: [Cell], targets: LiveTargets) {
    try choice.chosen()
  }

  private var choice: CellChoice {
    CellChoice(
      suiteName: suiteName, filter: filter, engine: engine,
      routines: routine.map(CellChoice.list), directories: target.directories)
  }
}

/// A failure for a name nobody knows, with the nearest one.
func unknown(_ kind: String, _ name: String, among known: [String]) -> Failure {
  let hint =
    Nearest.name(to: name, among: known).map { "did you mean '\($0)'?" }
    ?? "known: \(known.joined(separator: ", "))."
  return Failure(.usage, "There is no \(kind) '\(name)'; \(hint)")
}
