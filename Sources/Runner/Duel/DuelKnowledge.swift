public import Plan

/// What another build can measure, and what its suite of a name is, as its own `plan` says.
///
/// A build older than a word of ours takes a cell with that word for no message and ends; so it is
/// asked before it is given any. Its worker must greet first: what does not speak the protocol is
/// not asked for more.
public struct DuelKnowledge: Sendable {
  /// The cells that it can be asked for, references among them, or nil where it does not tell.
  public let cells: Set<Cell>?
  /// The cells of the suite, in its order; none where it has no such suite.
  public let suite: [Cell]
  /// How many cells of the suite have words that this build does not know.
  public let strangerCount: Int

  /// Asks a side.
  ///
  /// - Parameters:
  ///   - side: The side that is asked.
  ///   - name: The name of the suite.
  ///   - options: The builds, and how long an answer may take.
  ///   - goesOn: Asked ten times a second; returning false ends it, and it tells nothing.
  /// - Throws: `RunError` naming the side when it is no daxmark of this protocol, gives no answer,
  ///   or names no cell.
  public init(
    of side: DuelSide, suite name: String, _ options: DuelOptions, goesOn: () -> Bool = { true }
  ) throws(RunError) {
    _ = try DuelWorkers.start(side, options, -1)
    let full = try DuelPlan(of: side, suite: "full", withCompanions: true, options, goesOn)
    if let full, full.cells.isEmpty {
      throw RunError(side, options, "its 'plan' names no cell known here.")
    }
    let own = try DuelPlan(of: side, suite: name, options, goesOn)
    cells = full.map { Set($0.cells).union(own?.cells ?? []) }
    suite = own?.cells ?? []
    strangerCount = own?.strangerCount ?? 0
  }
}

/// A suite of another build.
struct DuelPlan {
  /// Its cells, in its order.
  private(set) var cells: [Cell] = []
  /// Lines with words that this build does not know.
  private(set) var strangerCount = 0

  /// Reads a plan in CSV.
  init(_ text: String) {
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      if fields.count == Cell.keyColumns.count, let cell = try? Cell(keyFields: fields) {
        cells.append(cell)
      } else {
        strangerCount += 1
      }
    }
  }

  /// Nil where the build does not tell.
  init?(
    of side: DuelSide, suite: String, withCompanions: Bool = false, _ options: DuelOptions,
    _ goesOn: () -> Bool
  ) throws(RunError) {
    var plan = [options.executable(of: side), "plan", "--suite", suite, "--csv"]
    if withCompanions { plan.append("--companions") }
    let patience = options.patienceMilliseconds
    switch ChildOutput.run(plan, milliseconds: patience, goesOn: goesOn) {
    case .failed, .stopped: return nil
    case .late: throw RunError(side, options, "its 'plan' gave no answer for \(patience) ms.")
    case .output(let text): self.init(text)
    }
  }
}
