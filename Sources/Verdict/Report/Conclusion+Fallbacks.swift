internal import Plan
internal import Record

/// What can be said of any run, when its operations allow no better sentence.
extension Conclusion {
  /// The best routine at each size of the operation with the most contests.
  static func winners(_ groups: [ResultTable.Group]) -> String? {
    let contests = groups.filter { $0.isContest && $0.key.parameters.sizeBytes != nil }
    let counts = Dictionary(grouping: contests, by: \.key.operation)
    guard let most = counts.values.map(\.count).max(),
      let operation = contests.map(\.key.operation).first(where: { counts[$0]?.count == most }),
      let first = counts[operation]?.first
    else { return nil }
    // One family of shapes that differ in size alone, so that the sizes can be named.
    func withoutSize(_ key: Cell) -> Cell {
      var key = key
      key.parameters.sizeBytes = nil
      return key
    }
    let family = contests.filter { withoutSize($0.key) == withoutSize(first.key) }
      .sorted { ($0.key.parameters.sizeBytes ?? 0) < ($1.key.parameters.sizeBytes ?? 0) }
    let parts = family.compactMap { group -> String? in
      guard let leader = group.leader, let size = group.key.parameters.sizeBytes else { return nil }
      let ties = group.rows.filter { group.mark(of: $0) == .tied || group.mark(of: $0) == .best }
      let tied = ties.count > 1 ? " (tied with \(ties.count - 1) more)" : ""
      return "\(leader.cell.routine)\(tied) at \(ResultTable.Number.bytes(size))"
    }
    let others = withoutSize(first.key).shapeInWords
    let shape = others.isEmpty ? "" : " (\(others))"
    return "The fastest way to \(operation.verb)\(shape) is \(list(parts))."
  }

  /// What the harness costs, and how far the cheapest cell stands above it.
  static func resolution(_ cells: [CellResult], _ groups: [ResultTable.Group]) -> String? {
    guard let floor = cells.first(where: { $0.cell.operation == .floor && $0.measured != nil }),
      let cost = floor.measured
    else { return nil }
    let sentence = "The harness itself costs \(time(cost)) for an empty call"
    guard let cheapest = groups.compactMap(\.best).min(by: isCheaper),
      let least = cheapest.measured
    else { return sentence + "." }
    let cell = "the cheapest cell, \(name(cheapest.cell)), "
    if cheapest.isTied(with: floor) {
      return sentence + "; \(cell)cannot be told apart from that."
    }
    return sentence + "; \(cell)takes \(time(least))."
  }

  /// The cheapest and the dearest shape, each by its best routine.
  static func extremes(_ groups: [ResultTable.Group]) -> String? {
    let bests = groups.compactMap(\.best)
    guard let least = bests.min(by: isCheaper), let most = bests.max(by: isCheaper),
      let low = least.measured, let high = most.measured, !least.isTied(with: most)
    else { return nil }
    return "The best times reach from \(time(low)) for \(name(least.cell)) to \(time(high)) for "
      + "\(name(most.cell))."
  }

  /// How much of the plan was measured.
  static func tally(_ cells: [CellResult]) -> String {
    let questions = cells.filter { !$0.cell.operation.isHarness }
    if questions.isEmpty { return "This run asked no question beyond the harness itself." }
    let measured = questions.filter { $0.measured != nil }
    let skipped = questions.filter { $0.status == .skipped }.count
    let failed = questions.count - measured.count - skipped
    let disturbed = measured.filter(\.contended).count
    return "Of \(count(questions.count, "cell")) \(measured.count) ended with a time, "
      + "\(skipped) could not run here and \(failed) went wrong; \(disturbed) of the times "
      + "\(disturbed == 1 ? "was" : "were") taken on a disturbed processor."
  }

  private static func isCheaper(_ a: CellResult, _ b: CellResult) -> Bool {
    (a.measured ?? 0) < (b.measured ?? 0)
  }
}

extension Operation {
  /// What one does, as a verb of the sentence `the fastest way to …`.
  fileprivate var verb: String {
    switch self {
    case .cowEdge: "copy a block around a write"
    case .fault: "take a page fault"
    case .cowBlock: "write whole shared blocks"
    case .writeback: "write dirty entries back"
    default: rawValue
    }
  }
}
