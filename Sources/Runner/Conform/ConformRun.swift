public import Plan

/// Random traces until a number of steps is reached or the sides differ.
///
/// The steps come in episodes of fresh files, so that a failing trace is short before it is shrunk,
/// and each can be repeated without those before it.
public struct ConformRun {
  /// Makes the two sides of an episode, without files.
  public typealias Sides = () throws -> (model: any TraceExecutor, live: any TraceExecutor)

  /// What a run found.
  public struct Outcome: Sendable {
    /// Steps carried out on both sides.
    public var stepCount = 0
    /// Files with bytes that were compared.
    public var use = RuleUse()
    /// Where the sides parted, and the steps that show it, shrunk unless the filesystem of the
    /// other side is to blame.
    public var failure: (trace: Trace, difference: TraceDifference)?
    /// Whether somebody asked to stop.
    public var isInterrupted = false
  }

  /// The steps of an episode.
  public static let episodeStepCount = 250

  private let personality: String
  private let seed: UInt64
  private let sides: Sides

  /// A run.
  ///
  /// - Parameters:
  ///   - personality: Whose rules the model follows; for the header of a failing trace.
  ///   - seed: What all steps follow from.
  ///   - sides: Makes the two sides of an episode.
  public init(personality: String, seed: UInt64, sides: @escaping Sides) {
    self.personality = personality
    self.seed = seed
    self.sides = sides
  }

  /// Runs random steps.
  ///
  /// - Parameters:
  ///   - stepLimit: Steps to run.
  ///   - progress: Told of the steps done from time to time; false stops the run.
  /// - Returns: What was found.
  /// - Throws: Whatever kept the sides of an episode from being made.
  public func run(stepLimit: Int, progress: (Int) -> Bool = { _ in true }) throws -> Outcome {
    var outcome = Outcome()
    var episode: UInt64 = 0
    while outcome.stepCount < stepLimit {
      let count = min(Self.episodeStepCount, stepLimit - outcome.stepCount)
      let found = try runEpisode(seed &+ episode, count, outcome.stepCount, progress)
      outcome.stepCount += found.stepCount
      outcome.use.add(found.use)
      outcome.isInterrupted = found.isInterrupted
      if let failure = found.failure {
        let isShrunk = !failure.difference.kind.isOfTarget
        outcome.failure =
          isShrunk ? shrink(failure.trace, failure.difference, progress) : failure
        return outcome
      }
      if outcome.isInterrupted { return outcome }
      episode += 1
    }
    return outcome
  }

  private func runEpisode(
    _ seed: UInt64, _ stepLimit: Int, _ before: Int, _ progress: (Int) -> Bool
  ) throws -> Outcome {
    var outcome = Outcome()
    var generator = TraceGenerator(
      seed: seed, isLarge: seed % 4 == 3, offersUnshare: personality != "btrfs")
    let (model, live) = try sides()
    var comparison = Comparison(
      model: model, live: live, isBtrfs: personality == "btrfs")
    var steps: [TraceStep] = []
    while steps.count < stepLimit, !outcome.isInterrupted {
      // The sharing of blocks is looked at last of all.
      let isLast = steps.count == stepLimit - 1
      let step = isLast ? TraceStep(.map) : generator.next(sizes: model.sizes())
      steps.append(step)
      if let difference = comparison.run(step) {
        outcome.failure = (Trace(seed: seed, personality: personality, steps: steps), difference)
        break
      }
      if !progress(before + steps.count) { outcome.isInterrupted = true }
    }
    outcome.stepCount = steps.count
    outcome.use = comparison.use
    return outcome
  }

  /// The shortest steps that make the sides differ in the same way.
  private func shrink(
    _ trace: Trace, _ difference: TraceDifference, _ progress: (Int) -> Bool
  ) -> (Trace, TraceDifference) {
    var shrinker = TraceShrinker(trace.steps, trialLimit: 600)
    var best = difference
    var isStopped = false
    shrinker.shrink { steps in
      // Somebody who does not want to wait gets what there is.
      if isStopped || !progress(-1) {
        isStopped = true
        return false
      }
      guard let found = replay(steps), found.kind == difference.kind else { return false }
      best = found
      return true
    }
    var shrunk = trace
    shrunk.steps = Array(shrinker.steps.prefix(best.index + 1))
    return (shrunk, best)
  }

  /// Runs given steps on fresh sides.
  ///
  /// - Parameter steps: The steps.
  /// - Returns: Where the sides part, or nil; nil also where the sides cannot be made.
  public func replay(_ steps: [TraceStep]) -> TraceDifference? {
    guard let (model, live) = try? sides() else { return nil }
    var comparison = Comparison(
      model: model, live: live, isBtrfs: personality == "btrfs")
    return comparison.run(steps)
  }
}
