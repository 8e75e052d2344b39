public import Plan

/// One cell of a duel: its pairs so far, and what the rule wants next.
///
/// The first run is looked at after `firstPairs` pairs and, while that does not clear the cell,
/// each time they have doubled, until it is full. A cell that is suspect or still open goes on to a
/// fresh run in new processes, and a second one if need be; only a fresh run that shows the change
/// on its own, with all pairs agreeing, makes a regression. How long full and fresh runs are, the
/// spread of the pairs says. Looks happen at those counts alone, so that more of them cannot be had
/// by adding pairs one by one. The same rule with A and B exchanged finds improvements; it asks for
/// pairs of its own only when `confirmsImprovement`.
///
/// Runs of earlier invocations pool with the new ones. An invocation that has such runs begins
/// with a fresh run, and a cell that regressed earlier stays so unless the upper bound of all
/// pairs falls below the tolerance: running again until it is green does not help.
public struct DuelCell: Sendable {
  /// What the rule wants.
  public enum Step: Equatable, Sendable {
    /// That many more pairs in the run in progress.
    case pairs(Int)
    /// New workers, then `beginFreshRun()` and a run of that many pairs.
    case freshRun(pairs: Int)
    /// Nothing: `judgement` is final.
    case settled
  }

  /// Pairs that are pooled at most, the newest; bounds the cost of a long history.
  public static let pooledMaximum = 300

  /// The cell.
  public let cell: Cell
  /// The numbers of the rule.
  public let limits: DuelLimits
  /// All cells of the duel.
  public let familySize: Int
  /// Whether a possible improvement is worth pairs of its own.
  public let confirmsImprovement: Bool
  /// Runs of earlier invocations, oldest first.
  public let earlier: [[Double]]
  /// log(B/A) of each pair, one array for each run of this invocation: first, fresh, fresh.
  public private(set) var runs: [[Double]] = [[]]

  /// The search for a slowdown.
  private(set) var slower: DuelSearch
  /// The same for a speed-up, on mirrored evidence.
  private(set) var faster: DuelSearch
  /// What all pairs said at the last look; nil before the first.
  private(set) var pooled: DuelEvidence?
  /// What each look at a fresh run said, in the order of the runs of this invocation.
  private(set) var freshLooks: [DuelEvidence] = []
  /// Why the cell cannot go on.
  private(set) var stopReason: String?
  /// Pairs that a run needs for the precision that is wanted, by the spread of those so far.
  private var precisePairs = 0
  /// Pairs of the run in progress at which it is looked at next.
  private var nextLook = 0

  /// A cell without pairs.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - limits: The numbers of the rule.
  ///   - familySize: All cells of the duel; above `limits.familyMinimum` runs are longer.
  ///   - earlier: Runs of invocations within the last hour on the same two sides, oldest first.
  ///     Leave out invocations whose `DuelOutcome.isEnvironmental`: their pairs are biased.
  ///   - confirmsImprovement: Whether a possible improvement is followed up like a slowdown.
  public init(
    cell: Cell, limits: DuelLimits = DuelLimits(), familySize: Int, earlier: [[Double]] = [],
    confirmsImprovement: Bool = false
  ) {
    self.cell = cell
    self.limits = limits
    self.familySize = familySize
    self.confirmsImprovement = confirmsImprovement
    self.earlier = earlier.map { $0.filter(\.isFinite) }.filter { !$0.isEmpty }
    slower = DuelSearch(limits: limits)
    faster = DuelSearch(limits: limits)
    recall()
    nextLook = startsFresh ? freshPairs : min(limits.firstPairs, fullPairs)
  }

  /// What the rule wants next.
  public var next: Step {
    guard isOpen else { return .settled }
    let missing = nextLook - runs[runs.count - 1].count
    if missing > 0 { return .pairs(missing) }
    return freshBegun < limits.freshRuns ? .freshRun(pairs: freshPairs) : .settled
  }

  /// Adds pairs to the run in progress.
  ///
  /// A settled cell takes none. A ratio that is no number, as when a batch took no time that the
  /// clock could see, stops the cell. Traps when the rule wants a fresh run begun first.
  public mutating func add(_ logRatios: [Double]) {
    guard logRatios.allSatisfy(\.isFinite) else { return stop("a batch took no measurable time") }
    switch next {
    case .settled: return
    case .freshRun: preconditionFailure("pairs of a fresh run need new workers first")
    case .pairs: runs[runs.count - 1] += logRatios
    }
    look()
  }

  /// Begins a fresh run; the next pairs come from new workers.
  ///
  /// Does nothing when the cell is settled. Traps when the run in progress wants more pairs.
  public mutating func beginFreshRun() {
    switch next {
    case .settled: return
    case .pairs: preconditionFailure("the run in progress wants more pairs")
    case .freshRun:
      runs.append([])
      nextLook = freshPairs
    }
  }

  /// Ends the cell where it stands: it is inconclusive, or refused when it has no pair.
  ///
  /// What was settled before stays. The first reason counts.
  public mutating func stop(_ reason: String) {
    guard next != .settled else { return }
    stopReason = reason
    if let evidence = DuelEvidence(pool, limits: limits) { pooled = evidence }
  }
}

extension DuelCell {
  /// Whether every run of this invocation counts as a fresh one.
  ///
  /// A few pairs before an interruption are no run that this one could confirm.
  var startsFresh: Bool { earlier.contains { $0.count >= limits.firstPairs } }

  private var isOpen: Bool {
    if stopReason != nil || slower.finding == .found { return false }
    return slower.finding == .open || (confirmsImprovement && faster.finding == .open)
  }

  private var isFamilyLarge: Bool { familySize > limits.familyMinimum }
  private var fullPairs: Int {
    max(isFamilyLarge ? limits.familyPairs : limits.fullPairs, precisePairs)
  }
  private var freshPairs: Int {
    max(isFamilyLarge ? limits.familyPairs : limits.freshPairs, precisePairs)
  }
  private var freshBegun: Int { startsFresh ? runs.count : runs.count - 1 }

  /// The newest pairs of all invocations.
  private var pool: [Double] { (earlier + runs).flatMap { $0 }.suffix(Self.pooledMaximum) }

  private mutating func look() {
    let run = runs[runs.count - 1]
    guard run.count >= nextLook, let evidence = DuelEvidence(run, limits: limits) else { return }
    if freshBegun > 0 {
      guard let all = DuelEvidence(pool, limits: limits) else { return }
      weigh(all)
      freshLooks.append(evidence)
      slower.lookFresh(evidence, pooled: all)
      faster.lookFresh(evidence.mirrored, pooled: all.mirrored)
      return
    }
    weigh(evidence)
    if run.count >= fullPairs {
      slower.lookFull(evidence)
      faster.lookFull(evidence.mirrored)
    } else {
      slower.lookEarly(evidence)
      faster.lookEarly(evidence.mirrored)
      nextLook = min(2 * run.count, fullPairs)
    }
  }

  private mutating func weigh(_ evidence: DuelEvidence) {
    pooled = evidence
    precisePairs = evidence.precisePairs(limits)
  }

  /// Reads the earlier runs as their invocations did.
  private mutating func recall() {
    var pool: [Double] = []
    for (index, run) in earlier.enumerated() {
      pool = (pool + run).suffix(Self.pooledMaximum)
      guard let evidence = DuelEvidence(run, limits: limits),
        let all = DuelEvidence(pool, limits: limits)
      else { continue }
      weigh(all)
      if index == 0 { continue }
      slower.recall(evidence, pooled: all)
      faster.recall(evidence.mirrored, pooled: all.mirrored)
    }
  }
}
