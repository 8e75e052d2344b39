public import Plan

/// What another build can measure.
extension Duel {
  /// The cells that a side's own `full` suite has, or nil where it does not tell.
  ///
  /// A build older than a word of ours takes a cell with that word for no message and ends; so it
  /// is asked before it is given any. Its worker must greet first: what does not speak the protocol
  /// is not asked for more.
  ///
  /// - Parameters:
  ///   - side: The side that is asked.
  ///   - options: The builds, and how long an answer may take.
  ///   - goesOn: Asked ten times a second; returning false ends it, and the answer is nil.
  /// - Returns: The cells, or nil.
  /// - Throws: `RunError` naming the side when it is no daxmark of this protocol, gives no answer,
  ///   or names no cell.
  public static func cellsKnown(
    to side: DuelSide, _ options: DuelOptions, goesOn: () -> Bool = { true }
  ) throws(RunError) -> Set<Cell>? {
    _ = try DuelWorkers.start(side, options, -1)
    let plan = [options.executable(of: side), "plan", "--suite", "full", "--csv"]
    let patience = options.patienceMilliseconds
    switch ChildOutput.run(plan, milliseconds: patience, goesOn: goesOn) {
    case .failed, .stopped: return nil
    case .late: throw RunError(side, options, "its 'plan' gave no answer for \(patience) ms.")
    case .output(let text):
      let cells = cells(inPlan: text)
      if cells.isEmpty { throw RunError(side, options, "its 'plan' names no cell known here.") }
      return cells
    }
  }

  /// The cells of a plan in CSV; lines with words that this build does not know are left out.
  static func cells(inPlan text: String) -> Set<Cell> {
    var cells: Set<Cell> = []
    for line in text.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == Cell.keyColumns.count, let cell = try? Cell(keyFields: fields) else {
        continue
      }
      cells.insert(cell)
    }
    return cells
  }
}
