internal import Plan
internal import Runner
internal import Verdict

/// What a duel compares: the cells that both sides have, and those that only one has.
struct DuelContests {
  /// In plan order.
  private(set) var contests: [Contest] = []
  /// What one side alone has.
  private(set) var unmatched: [GateReport.Unmatched] = []
  /// What cannot even be listed, a sentence each.
  private(set) var notices: [String] = []

  /// The same cells in two builds.
  ///
  /// A change that takes a cell out of the suite would make the gate smaller without a word if only
  /// this build's were looked at. So each side is asked for its own suite as well.
  ///
  /// - Parameters:
  ///   - cells: The chosen ones of this build.
  ///   - choice: What chose them, and chooses those of the sides.
  ///   - options: The builds, each of which is asked for the cells it has, and is taken to have
  ///     all where it does not tell.
  /// - Throws: `Failure` naming the side that is no daxmark of our protocol, or a cell that no side
  ///   has, or when no side has anything that is chosen.
  init(cells: [Cell], of choice: CellChoice, options: DuelOptions) throws(Failure) {
    let a = try DuelKnowledge(asking: .a, choice, options)
    let b = options.a == options.b ? a : try DuelKnowledge(asking: .b, choice, options)
    if Interrupt.isRequested {
      throw Failure(.interrupted, "Interrupted before anything was measured.")
    }
    try choice.check(beside: a.suite + b.suite)
    func hasA(_ cell: Cell) -> Bool { a.cells?.contains(cell) ?? true }
    func hasB(_ cell: Cell) -> Bool { b.cells?.contains(cell) ?? true }
    contests = cells.filter { hasA($0) && hasB($0) }.map { cell in
      var contest = Contest(cell)
      // A build takes a reference that it does not know for another one.
      if let reference = cell.reference, !hasA(reference) || !hasB(reference) {
        contest.reference = nil
      }
      return contest
    }
    list(cells.filter { hasA($0) && !hasB($0) }, "only in A")
    list(cells.filter { !hasA($0) && hasB($0) }, "only in B")
    list(cells.filter { !hasA($0) && !hasB($0) }, "in neither A nor B")
    let own = Set(try choice.suiteCells())
    let ofA = try choice.kept(of: a.suite.filter { !own.contains($0) })
    let ofB = try choice.kept(of: b.suite.filter { !own.contains($0) })
    let ofBoth = Set(ofA).intersection(ofB)
    let suite = "the suite '\(choice.suiteName)' of"
    list(ofA.filter { !ofBoth.contains($0) }, "only in \(suite) A")
    list(ofB.filter { !ofBoth.contains($0) }, "only in \(suite) B")
    list(ofA.filter(ofBoth.contains), "in \(suite) A and B, and not of this daxmark")
    for (side, count) in [("A", a.strangerCount), ("B", b.strangerCount)] where count > 0 {
      let cells = count == 1 ? "1 cell" : "\(count) cells"
      notices.append("In \(suite) \(side) \(cells) cannot be read here, and did not duel.")
    }
  }

  private mutating func list(_ cells: [Cell], _ reason: String) {
    if cells.isEmpty { return }
    unmatched.append(GateReport.Unmatched(reason: reason, cells: cells))
  }

  /// The shapes that exist through two routines, of one build.
  init(cells: [Cell], a: String, b: String) {
    let all = Set(cells)
    let ofA = cells.filter { $0.routine == a }
    let ofB = cells.filter { $0.routine == b }
    contests = ofA.filter { all.contains($0.with(routine: b)) }.map { Contest($0, a: a, b: b) }
    list(ofA.filter { !all.contains($0.with(routine: b)) }, "only in A")
    list(ofB.filter { !all.contains($0.with(routine: a)) }, "only in B")
  }
}

extension DuelKnowledge {
  fileprivate init(
    asking side: DuelSide, _ choice: CellChoice, _ options: DuelOptions
  ) throws(Failure) {
    do throws(RunError) {
      try self.init(of: side, suite: choice.suiteName, options) { !Interrupt.isRequested }
    } catch {
      throw Failure(.tool, error.description)
    }
  }
}
