public import Plan

/// What another build can measure.
extension Duel {
  /// The cells that a side's own `full` suite has, or nil where it does not tell.
  ///
  /// A build older than a word of ours takes a cell with that word for no message and ends; so it
  /// is asked before it is given any. Its worker must greet first: what does not speak the protocol
  /// is not asked for more.
  ///
  /// - Throws: `RunError` naming the side when it is no daxmark of this protocol.
  public static func cellsKnown(
    to side: DuelSide, _ options: DuelOptions
  ) throws(RunError) -> Set<Cell>? {
    _ = try DuelWorkers.start(side, options, -1)
    let plan = [options.executable(of: side), "plan", "--suite", "full", "--csv"]
    return ChildOutput.read(plan).map(cells(inPlan:))
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
