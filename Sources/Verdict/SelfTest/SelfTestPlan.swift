/// How much a self-test does.
///
/// Gate runs of one session share a pair of workers for their first runs: getting the cells ready
/// costs more than measuring them. A gate run still has pairs of its own, its fresh runs still come
/// from other processes, and the sessions sample what differs between processes.
public struct SelfTestPlan: Equatable, Sendable {
  /// A slowdown that is injected, and how often.
  public struct Injection: Equatable, Sendable {
    /// Thousandths of its work that the candidate repeats.
    public var permille: Int
    /// Gate runs.
    public var gateRuns: Int

    /// An injection from its parts.
    public init(permille: Int, gateRuns: Int) {
      self.permille = permille
      self.gateRuns = gateRuns
    }
  }

  /// What was asked for: `quick`, `standard`, `nightly`.
  public var name: String
  /// Gate runs of a build against itself.
  public var sameRuns: Int
  /// Injected slowdowns, the smallest first.
  public var injections: [Injection]
  /// Gate runs of a build against itself beside a neighbour.
  public var neighbourSameRuns: Int
  /// The slowdown injected beside a neighbour.
  public var neighbourInjection: Injection
  /// The slowdown injected into the baseline instead, so that the candidate is faster.
  public var swapped: Injection
  /// Gate runs that share a pair of workers.
  public var runsPerSession: Int
  /// Largest share of the gate runs of a build against itself that may end undecided.
  public var inconclusiveMaximum: Double
  /// One of how many cells an injection takes, another one in each step; 1 for all of them.
  public var cellStride = 1
  /// Whether shares are judged only by what their bounds exclude.
  ///
  /// A power of 95 % cannot be shown by a few dozen trials: one miss more than expected is chance.
  /// Such a test fails when its trials refute the requirement, and passes without proving it.
  public var isExploratory: Bool

  /// Under a minute on a quiet machine; 2 %, of which little is required, is left out, and a
  /// slowdown is injected into every third cell.
  public static let quick = {
    var plan = SelfTestPlan(
      name: "quick", sameRuns: 20, repeats: 1, neighbourSameRuns: 2, neighbourInjectedRuns: 1,
      swappedRuns: 1, runsPerSession: 4, inconclusiveMaximum: 0.1, isExploratory: true)
    plan.injections.removeAll { $0.permille == 20 }
    plan.cellStride = 3
    return plan
  }()

  /// What a person asks for when nothing else is said.
  public static let standard = SelfTestPlan(
    name: "standard", sameRuns: 60, repeats: 10, neighbourSameRuns: 20, neighbourInjectedRuns: 10,
    swappedRuns: 5, runsPerSession: 5, inconclusiveMaximum: 0.02, isExploratory: false)

  /// Enough gate runs to exclude, one-sided, a false alarm in a hundred: 0 of 300.
  public static let nightly = SelfTestPlan(
    name: "nightly", sameRuns: 300, repeats: 20, neighbourSameRuns: 300,
    neighbourInjectedRuns: 20, swappedRuns: 10, runsPerSession: 5, inconclusiveMaximum: 0.02,
    isExploratory: false)

  /// The same with at most so many gate runs in each step, for trying.
  public func limited(to gateRuns: Int) -> SelfTestPlan {
    var plan = self
    plan.sameRuns = min(sameRuns, gateRuns)
    for index in plan.injections.indices {
      plan.injections[index].gateRuns = min(injections[index].gateRuns, gateRuns)
    }
    plan.neighbourSameRuns = min(neighbourSameRuns, gateRuns)
    plan.neighbourInjection.gateRuns = min(neighbourInjection.gateRuns, gateRuns)
    plan.swapped.gateRuns = min(swapped.gateRuns, gateRuns)
    return plan
  }

  /// The cells that a step with an injection takes.
  ///
  /// - Parameters:
  ///   - cells: All cells of the self-test, in a fixed order.
  ///   - step: The number of the step among those with an injection, from 0.
  /// - Returns: Every `cellStride`-th cell, and all where a step would have fewer than four.
  public func cells<Element>(_ cells: [Element], injectedIn step: Int) -> [Element] {
    guard cells.count >= 4 * cellStride else { return cells }
    return cells.indices.filter { $0 % cellStride == step % cellStride }.map { cells[$0] }
  }

  private init(
    name: String, sameRuns: Int, repeats: Int, neighbourSameRuns: Int, neighbourInjectedRuns: Int,
    swappedRuns: Int, runsPerSession: Int, inconclusiveMaximum: Double, isExploratory: Bool
  ) {
    self.name = name
    self.sameRuns = sameRuns
    injections = [10, 20, 30, 50, 100].map { Injection(permille: $0, gateRuns: repeats) }
    self.neighbourSameRuns = neighbourSameRuns
    neighbourInjection = Injection(permille: 50, gateRuns: neighbourInjectedRuns)
    swapped = Injection(permille: 50, gateRuns: swappedRuns)
    self.runsPerSession = runsPerSession
    self.inconclusiveMaximum = inconclusiveMaximum
    self.isExploratory = isExploratory
  }
}
