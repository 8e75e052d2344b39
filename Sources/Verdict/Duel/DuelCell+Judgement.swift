/// What the pairs of a cell amount to.
extension DuelCell {
  /// What is said of the cell; final when `next` is `settled`.
  ///
  /// Faster is `improved` when confirmed, or, when nobody asked for confirmation, when all pairs
  /// show it with the confidence that a regression needs. Otherwise it passes.
  public var judgement: Judgement {
    switch slower.finding {
    case .found: return .regressed
    case .clear: return isImproved ? .improved : .pass
    case .open: break
    }
    if slower.wasFound { return .regressed }
    return stopReason != nil && runs.allSatisfy(\.isEmpty) ? .refused : .inconclusive
  }

  /// The change of B against A: the estimate of all pairs, and their 95 % interval.
  ///
  /// Nil when there are too few pairs for bounds. As of the last look.
  public var change: Change? {
    guard let pooled else { return nil }
    let logs = [pooled.estimate, pooled.look.low, pooled.look.high]
    guard logs.allSatisfy({ abs($0) <= 700 }) else { return nil }
    let changes = logs.map { Logarithm.exp($0) - 1 }
    return Change(value: changes[0], low: changes[1], high: changes[2])
  }

  /// The cell as a line of a verdict.
  public var row: VerdictRow {
    VerdictRow(
      cell: cell, tier: .paired, judgement: judgement, change: change, limit: limits.floor,
      reason: reason)
  }

  private var isImproved: Bool {
    if confirmsImprovement { return faster.finding == .found }
    guard let pooled else { return false }
    return faster.isStrong(pooled.mirrored)
  }

  /// Why, or what would settle it; empty for a plain pass.
  var reason: String {
    switch judgement {
    case .regressed: return regressedReason
    case .improved: return "\(pairs), \(freshLooks.isEmpty ? "not repeated" : repeated)"
    case .pass: return passReason
    case .refused: return stopReason ?? ""
    case .inconclusive: break
    }
    if let stopReason { return "\(stopReason), after \(pairs)" }
    return next == .settled ? openReason : "not finished, after \(pairs)"
  }

  private var regressedReason: String {
    guard slower.finding == .found else {
      return "regressed in an earlier run of this duel; " + (stopReason ?? "not yet overturned")
    }
    if slower.isInherited {
      return "regressed in an earlier run of this duel, and \(pairs) together do not exclude it"
    }
    return "\(pairs), \(repeated)"
  }

  private var passReason: String {
    if slower.wasFound { return "\(pairs) together overturn an earlier regression" }
    guard confirmsImprovement, let pooled, faster.isStrong(pooled.mirrored) else { return "" }
    return "faster in \(pairs), not confirmed"
  }

  private var openReason: String {
    let runs = freshLooks.count == 1 ? "1 fresh run" : "\(freshLooks.count) fresh runs"
    return "\(pairs) in \(runs) show neither a regression nor its absence; \(remedy)"
  }

  private var pairs: String {
    let count = pooled?.count ?? 0
    return count == 1 ? "1 pair" : "\(count) pairs"
  }

  /// The fresh runs on their own: what repeated is not of one process.
  private var repeated: String {
    let changes = freshLooks.map { Change.percent(Logarithm.exp($0.bounded) - 1) }
    return "fresh runs alone " + changes.joined(separator: ", ")
  }

  /// What would settle an open cell.
  ///
  /// The half-width of an interval shrinks with the square root of the pairs, so the pairs that
  /// bring it within its limit can be told, if the estimate stays.
  private var remedy: String {
    guard let pooled else { return "it needs pairs" }
    let tolerance = Logarithm.log(1 + limits.tolerance)
    func needed(_ width: Double, _ room: Double) -> Double {
      guard room > 0, width.isFinite else { return .infinity }
      return Double(pooled.count) * (width / room) * (width / room)
    }
    var wanted = needed(pooled.clear.high - pooled.estimate, tolerance - pooled.estimate)
    if pooled.estimate > Logarithm.log(1 + limits.floor) {
      let room = pooled.estimate - Logarithm.log(1 + limits.certainFloor)
      wanted = min(wanted, needed(pooled.estimate - pooled.pooled.low, room))
    }
    let more = wanted - Double(pooled.count)
    if more <= 0 { return "its runs disagree: a quieter machine would settle it" }
    if more > Double(8 * Self.pooledMaximum) { return "only a quieter machine would settle it" }
    let rounded = (Int(more) / 10 + 1) * 10
    return "about \(rounded) more would settle it, as would a quieter machine; "
      + "running again within the hour adds to these"
  }
}

extension DuelEvidence {
  /// The estimate within the range of an exponential.
  fileprivate var bounded: Double { min(700, max(-700, estimate)) }
}
