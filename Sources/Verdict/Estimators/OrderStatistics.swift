/// An estimate's bounds and the probability with which they hold.
public struct Interval: Equatable, Sendable {
  /// Lower bound.
  public var low: Double
  /// Upper bound.
  public var high: Double
  /// The true coverage, 0…1; small samples cannot reach what was asked.
  public var coverage: Double

  /// An interval from its parts.
  public init(low: Double, high: Double, coverage: Double) {
    self.low = low
    self.high = high
    self.coverage = coverage
  }
}

/// Median, quantiles and their distribution-free bounds.
public enum OrderStatistics {
  /// The median: the middle value, or the mean of the two middle values.
  ///
  /// Traps when `values` is empty. Cost: a sort.
  public static func median(_ values: [Double]) -> Double { median(sorted: values.sorted()) }

  /// The quantile that is itself one of the values: the smallest with at least a share
  /// `probability` of the values at or below it.
  ///
  /// Traps when `values` is empty or `probability` lies outside 0…1. Cost: a sort.
  public static func quantile(_ values: [Double], _ probability: Double) -> Double {
    precondition(!values.isEmpty, "a quantile needs a value")
    precondition((0...1).contains(probability), "a probability lies in 0...1")
    let share = Double(values.count) * probability
    let whole = Int(share)
    let rank = Double(whole) < share ? whole + 1 : whole
    return values.sorted()[max(0, rank - 1)]
  }

  /// Exact bounds of the population median, whatever the distribution.
  ///
  /// The k-th smallest and k-th largest value enclose it unless fewer than k values fall on one
  /// side, which is a binomial event of n fair coins; k is the largest for which the coverage is
  /// still reached. With too few values (below 6 for 95 %) the bounds are the extremes, and
  /// `coverage` says what they are worth: 1 − 2·½ⁿ. Ties only raise the coverage.
  ///
  /// Traps when `values` is empty. Cost: a sort and O(n).
  public static func medianInterval(_ values: [Double], coverage: Double = 0.95) -> Interval {
    let sorted = values.sorted()
    let count = sorted.count
    precondition(count > 0, "an interval needs a value")
    let coins = Binomial(trials: count, probability: 0.5)
    var rank = 1
    while rank < (count + 1) / 2, 1 - 2 * coins.atMost(rank) >= coverage { rank += 1 }
    return Interval(
      low: sorted[rank - 1], high: sorted[count - rank],
      coverage: 1 - 2 * coins.atMost(rank - 1))
  }

  static func median(sorted: [Double]) -> Double {
    precondition(!sorted.isEmpty, "a median needs a value")
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
