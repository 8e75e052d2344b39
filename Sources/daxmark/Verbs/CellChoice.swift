internal import Plan
internal import Runner
internal import Suites

/// A suite, narrowed: what the options of a verb choose.
struct CellChoice {
  let suiteName: String
  let narrowing: Narrowing
  let routines: [String]?
  /// Directories for the cells on files; none for those there are.
  let directories: [String]

  /// The names by which `--cells` knows a cell.
  var names: (Cell) -> [String] = { [$0.name] }

  /// The chosen suite.
  ///
  /// - Throws: `Failure` with the nearest name.
  func chosenSuite() throws(Failure) -> Suite {
    if let known = Catalog.suite(named: suiteName) { return known }
    throw unknown("suite", suiteName, among: Catalog.suites.map(\.name))
  }

  /// The chosen cells, in plan order, and where those on files are measured; a filesystem without
  /// a directory has none.
  ///
  /// - Throws: `Failure` for a name nobody knows, or when nothing is left.
  func chosen() throws(Failure) -> (cells: [Cell], targets: LiveTargets) {
    try check()
    return try chosenHere()
  }

  /// The same for a verb that asks other builds, too: what is chosen may be theirs alone, so there
  /// may be none, and `check` comes after they answered.
  func chosenHere() throws(Failure) -> (cells: [Cell], targets: LiveTargets) {
    let named = try kept(of: suiteCells())
    if let stranger = named.first(where: { !Registry.knows($0) }) {
      throw Failure(.tool, "The suite names '\(stranger.name)', which nothing here carries out.")
    }
    do throws(RunError) {
      if !named.contains(where: \.isOnFilesystem) {
        // A directory that nothing is measured in is a misunderstanding.
        if directories.isEmpty { return (named, try LiveTargets(directories: [])) }
        throw RunError(
          "No cell chosen of the suite '\(suiteName)' works on files; leave --target out.")
      }
      let targets =
        directories.isEmpty
        ? try LiveTargets.discovered() : try LiveTargets(directories: directories)
      let cells = named.filter { !$0.isOnFilesystem || targets.serve($0) }
      if !cells.isEmpty { return (cells, targets) }
      throw RunError(
        "There is no directory for the chosen cells: give one on their filesystem with --target, "
          + "or make some with 'daxmark live-fs up' (as root).")
    } catch {
      throw Failure(.tool, error.description)
    }
  }

  /// Checks that the options choose something, and that every cell they name is there.
  ///
  /// - Parameter others: Cells that the suite has in other builds.
  /// - Throws: `Failure` for a name nobody knows, with the nearest one, or when nothing is left.
  func check(beside others: [Cell] = []) throws(Failure) {
    _ = try narrowing.kept(
      of: suiteCells() + others, in: "the suite '\(suiteName)'", routines: routines, known: names,
      names: Self.names)
  }

  /// Those of some cells that the options choose, on any filesystem; maybe none.
  func kept(of cells: [Cell]) throws(Failure) -> [Cell] {
    try narrowing.keeping(cells, routines: routines, known: names, names: Self.names)
  }

  /// All cells of the chosen suite.
  func suiteCells() throws(Failure) -> [Cell] {
    let suite = try chosenSuite()
    do throws(AxisError) {
      return try suite.cells()
    } catch {
      throw Failure(.tool, "The suite '\(suite.name)' has a broken axis: \(error.description)")
    }
  }

  /// The names of this build that a column may have.
  private static func names(of column: String) -> [String] {
    switch column {
    case "suite": Catalog.suites.map(\.name)
    case "operation": Operation.allCases.map(\.rawValue)
    case "engine": Registry.engines
    case "routine": Registry.routineNames()
    default: []
    }
  }
}
