public import Plan

/// What a tier says about one cell.
public enum Judgement: String, CaseIterable, Sendable {
  /// No change beyond the limit.
  case pass
  /// Slower or costlier, confirmed.
  case regressed
  /// Faster or cheaper, confirmed.
  case improved
  /// Not decided; the reason says what would settle it.
  case inconclusive
  /// Not comparable; the reason says why.
  case refused
}

/// Which comparison a row comes from.
public enum Tier: String, CaseIterable, Sendable {
  /// Counts, equal or named.
  case exact
  /// Two builds in one duel.
  case paired
  /// Ratios to the frozen reference against a recorded baseline.
  case stored
}

/// A relative change with an interval: 0.03 is three percent more.
public struct Change: Equatable, Sendable {
  /// The estimate.
  public var value: Double
  /// Lower bound.
  public var low: Double
  /// Upper bound.
  public var high: Double

  /// A change from its parts.
  public init(value: Double, low: Double, high: Double) {
    self.value = value
    self.low = low
    self.high = high
  }

  /// The ratio of two medians, less one, from unpaired positive values.
  ///
  /// The bounds divide the order-statistic bounds of one median by those of the other. They
  /// describe what was measured and know nothing of drift between the two measurements: never a
  /// gate. Nil when either side is empty or touches zero.
  public init?(from baseline: [Double], to candidate: [Double]) {
    guard let smallest = baseline.min(), smallest > 0, !candidate.isEmpty else { return nil }
    let old = OrderStatistics.medianInterval(baseline)
    let new = OrderStatistics.medianInterval(candidate)
    value = OrderStatistics.median(candidate) / OrderStatistics.median(baseline) - 1
    low = new.low / old.high - 1
    high = new.high / old.low - 1
  }
}

extension Change {
  /// A fraction as people read it: `+3.2 %`.
  static func percent(_ fraction: Double, signed: Bool = true) -> String {
    let tenths = abs(fraction) * 1000 + 0.5
    guard tenths < 1e15 else { return "\(fraction)" }
    let count = Int(tenths)
    let sign = fraction < 0 && count > 0 ? "-" : signed ? "+" : ""
    return "\(sign)\(count / 10).\(count % 10) %"
  }
}

/// One line of a verdict.
public struct VerdictRow: Equatable, Sendable {
  /// The cell.
  public var cell: Cell
  /// Where the row comes from.
  public var tier: Tier
  /// What is said.
  public var judgement: Judgement
  /// Whether the row is only shown: it then never decides the exit code.
  public var isAdvisory: Bool
  /// The change of what the tier compares; nil for counts.
  public var change: Change?
  /// The relative change from which on the tier acts, as a fraction.
  public var limit: Double?
  /// Why, or what would settle it; empty for a plain pass.
  public var reason: String

  /// A row from its parts.
  public init(
    cell: Cell, tier: Tier, judgement: Judgement, isAdvisory: Bool = false, change: Change? = nil,
    limit: Double? = nil, reason: String = ""
  ) {
    self.cell = cell
    self.tier = tier
    self.judgement = judgement
    self.isAdvisory = isAdvisory
    self.change = change
    self.limit = limit
    self.reason = reason
  }
}
