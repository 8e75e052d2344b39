internal import Plan
internal import Runner
internal import Verdict

/// What a duel compares: the cells that both sides have, and those that only one has.
struct DuelContests {
  /// In plan order.
  private(set) var contests: [Contest] = []
  /// What one side alone has.
  private(set) var unmatched: [GateReport.Unmatched] = []

  /// The same cells in two builds.
  ///
  /// - Parameters:
  ///   - cells: The chosen ones.
  ///   - options: The builds, each of which is asked for the cells it has, and is taken to have
  ///     all where it does not tell.
  /// - Throws: `RunError` naming the side that is no daxmark of our protocol.
  init(cells: [Cell], options: DuelOptions) throws(RunError) {
    func known(_ side: DuelSide) throws(RunError) -> Set<Cell>? {
      try Duel.cellsKnown(to: side, options) { !Interrupt.isRequested }
    }
    let a = try known(.a)
    let b = options.a == options.b ? a : try known(.b)
    var alone: [DuelSide: [Cell]] = [:]
    var neither: [Cell] = []
    for cell in cells {
      switch (a?.contains(cell) ?? true, b?.contains(cell) ?? true) {
      case (true, true): contests.append(Contest(cell))
      case (true, false): alone[.a, default: []].append(cell)
      case (false, true): alone[.b, default: []].append(cell)
      case (false, false): neither.append(cell)
      }
    }
    for side in DuelSide.allCases {
      if let cells = alone[side] {
        unmatched.append(GateReport.Unmatched(reason: "only in \(side.rawValue)", cells: cells))
      }
    }
    if !neither.isEmpty {
      unmatched.append(GateReport.Unmatched(reason: "in neither A nor B", cells: neither))
    }
  }

  /// The shapes that exist through two routines, of one build.
  init(cells: [Cell], a: String, b: String) {
    let all = Set(cells)
    var alone: [(side: DuelSide, cells: [Cell])] = [(.a, []), (.b, [])]
    for cell in cells {
      if cell.routine == a {
        if all.contains(cell.with(routine: b)) {
          contests.append(Contest(cell, a: a, b: b))
        } else {
          alone[0].cells.append(cell)
        }
      } else if cell.routine == b, !all.contains(cell.with(routine: a)) {
        alone[1].cells.append(cell)
      }
    }
    for (side, cells) in alone where !cells.isEmpty {
      unmatched.append(GateReport.Unmatched(reason: "only in \(side.rawValue)", cells: cells))
    }
  }
}
