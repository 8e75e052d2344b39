internal import ArgumentParser
internal import Plan
internal import Runner
internal import Suites

/// Which cells a verb is about: a suite, narrowed by filters.
struct Selection: ParsableArguments {
  @OptionGroup var suites: SuiteOptions

  @OptionGroup var narrowing: Narrowing

  @Option(help: "Keep these routines (comma-separated).")
  var routine: String?

  @OptionGroup var target: TargetOption

  /// The name of the chosen suite.
  var suiteName: String { suites.name(usual: "default", narrowing) }

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
      suiteName: suiteName, narrowing: narrowing, routines: routine.map(Narrowing.list),
      directories: target.directories)
  }
}
