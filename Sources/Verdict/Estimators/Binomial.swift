/// The binomial distribution, exact to rounding for any number of trials.
///
/// Probabilities are built outwards from the most likely count by the ratio of neighbours and then
/// normalised: no factorial overflows, no power underflows. Cost: O(trials) once.
public struct Binomial: Sendable {
  /// `cumulative[k]` is the probability of at most k successes.
  private let cumulative: [Double]
  private let upper: [Double]

  /// The number of successes in `trials` independent trials of one probability.
  ///
  /// Traps on negative trials or a probability outside 0…1.
  public init(trials: Int, probability: Double) {
    precondition(trials >= 0 && (0...1).contains(probability), "a binomial distribution")
    var weights = [Double](repeating: 0, count: trials + 1)
    let mode = min(trials, Int(Double(trials + 1) * probability))
    weights[mode] = 1
    let odds = probability / (1 - probability)
    if probability < 1 {
      for k in mode..<trials {
        weights[k + 1] = weights[k] * odds * Double(trials - k) / Double(k + 1)
      }
    }
    if probability > 0 {
      for k in stride(from: mode, to: 0, by: -1) {
        weights[k - 1] = weights[k] / odds * Double(k) / Double(trials - k + 1)
      }
    }
    let total = weights.reduce(0, +)
    // Each tail is summed from its thin end, so that small probabilities keep their digits.
    var running = 0.0
    cumulative = weights.map {
      running += $0 / total
      return min(1, running)
    }
    running = 0
    upper = weights.reversed().map {
      running += $0 / total
      return min(1, running)
    }.reversed()
  }

  /// The probability of at most `count` successes.
  public func atMost(_ count: Int) -> Double {
    if count < 0 { return 0 }
    return count < cumulative.count ? cumulative[count] : 1
  }

  /// The probability of at least `count` successes.
  public func atLeast(_ count: Int) -> Double {
    if count <= 0 { return 1 }
    return count < upper.count ? upper[count] : 0
  }

  /// Exact (Clopper-Pearson) bounds of a probability after `successes` of `trials`.
  ///
  /// Each bound holds with a probability of at least (1 + confidence) / 2; for a one-sided bound of
  /// 95 % ask for 0.9. Traps unless 0 ≤ successes ≤ trials and trials > 0. Cost: O(60 · trials).
  public static func bounds(
    successes: Int, trials: Int, confidence: Double = 0.95
  ) -> Interval {
    precondition(trials > 0 && (0...trials).contains(successes), "successes among trials")
    let tail = (1 - confidence) / 2
    let low =
      successes == 0
      ? 0
      : bisect { Binomial(trials: trials, probability: $0).atLeast(successes) < tail }
    let high =
      successes == trials
      ? 1
      : bisect { Binomial(trials: trials, probability: $0).atMost(successes) > tail }
    return Interval(low: low, high: high, coverage: confidence)
  }

  /// The probability at which a condition that holds below it stops holding.
  private static func bisect(_ holds: (Double) -> Bool) -> Double {
    var low = 0.0
    var high = 1.0
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if holds(middle) { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
