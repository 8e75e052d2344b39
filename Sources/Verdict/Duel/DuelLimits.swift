/// The numbers of the paired tier's rule.
///
/// Source: METHODOLOGY.md, the duel.
public struct DuelLimits: Equatable, Sendable {
  /// Relative change below which nothing is ever called changed.
  public var floor = 0.02
  /// Relative change that a pass excludes.
  public var tolerance = 0.03
  /// Relative change that all pairs of a regression exclude: it cannot be as little as this.
  public var certainFloor = 0.0125
  /// Relative change that a fresh run must show on its own.
  public var freshFloor = 0.015
  /// Pairs of the first look.
  public var firstPairs = 15
  /// Least pairs of the first run when the first look does not settle it.
  public var fullPairs = 30
  /// Least pairs of a fresh run.
  public var freshPairs = 30
  /// Relative change to which a full or fresh run is to determine the cell.
  ///
  /// It is half the width of a look's interval; cells whose pairs spread more get longer runs.
  public var precision = 0.008
  /// Most pairs of a run that its spread makes longer.
  public var pairsMaximum = 120
  /// Fresh runs at most.
  public var freshRuns = 2
  /// One-sided confidence of a suspicion, and of each end of the interval that is shown.
  public var lookConfidence = 0.975
  /// One-sided confidence of a pass.
  public var clearConfidence = 0.99
  /// Whether a look before the run is full may clear a cell that looks slower.
  public var clearsSuspectsEarly = false
  /// One-sided confidence of a fresh run on its own.
  public var freshConfidence = 0.95
  /// One-sided confidence of all pairs together.
  public var pooledConfidence = 0.999
  /// Cells above which Holm's correction applies and a full or fresh run has `familyPairs` pairs.
  public var familyMinimum = 30
  /// Pairs of a full or fresh run in a large family.
  public var familyPairs = 60
  /// The family's level.
  public var familyLevel = 0.01

  /// The limits of METHODOLOGY.md.
  public init() {}

  /// The same rule with a higher floor, and with it all that is measured against a change.
  ///
  /// A floor that is not higher changes nothing.
  public func raised(toFloor floor: Double) -> DuelLimits {
    guard floor > self.floor else { return self }
    var limits = self
    let factor = floor / self.floor
    limits.floor = floor
    limits.tolerance *= factor
    limits.certainFloor *= factor
    limits.freshFloor *= factor
    return limits
  }

  /// The same rule with runs of one length whatever the spread, as recordings of such runs have
  /// them, and with the bounds that such runs can reach.
  public static let fixedRuns = {
    var limits = DuelLimits()
    limits.certainFloor = 0
    limits.clearConfidence = limits.lookConfidence
    limits.clearsSuspectsEarly = true
    limits.pairsMaximum = 0
    return limits
  }()
}
