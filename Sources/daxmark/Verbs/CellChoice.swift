internal import Plan
internal import Runner
internal import Suites

/// A suite, narrowed: what the options of a verb choose.
struct CellChoice {
  let suiteName: String
  /// Terms `column=value,…`.
  let filter: [String]
  /// Engines, comma-separated.
  let engine: String?
  let routines: [String]?
  /// Directories for the cells on files; none for those there are.
  let directories: [String]

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
    let named = try named()
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

  /// The cells chosen by name, on any filesystem.
  private func named() throws(Failure) -> [Cell] {
    let suite = try chosenSuite()
    var filters = Filter()
    do throws(FilterError) {
      for term in filter {
        try filters.add(term)
        try checkNames(term)
      }
      if let engine {
        let names = try known(Self.list(engine), among: Registry.engines, kind: "engine")
        try filters.add(column: "engine", values: names)
      }
      if let routines {
        let names = try known(routines, among: Registry.routineNames(), kind: "routine")
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
    _ = try self.known(Self.list(String(list)), among: known, kind: String(column))
  }

  /// The parts of a comma-separated list.
  static func list(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  private func known(
    _ names: [String], among known: [String], kind: String
  ) throws(FilterError) -> [String] {
    for name in names where !known.contains(name) {
      throw FilterError(sentence: unknown(kind, name, among: known).sentence)
    }
    return names
  }
}
