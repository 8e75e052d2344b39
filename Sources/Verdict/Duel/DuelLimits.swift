/// The numbers of the paired tier's rule.
///
/// Source: METHODOLOGY.md, the duel.
public struct DuelLimits: Equatable, Sendable {
  /// Relative change below which nothing is ever called changed.
  public var floor = 0.02
  /// Relative change that a pass excludes.
  public var tolerance = 0.03
  /// Relative change that a fresh run must show on its own.
  public var freshFloor = 0.015
  /// Pairs of the first look.
  public var firstPairs = 15
  /// Pairs of the first run when the first look does not settle it.
  public var fullPairs = 30
  /// Pairs of a fresh run.
  public var freshPairs = 30
  /// Fresh runs at most.
  public var freshRuns = 2
  /// One-sided confidence of a pass, and of a suspicion.
  public var lookConfidence = 0.975
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
}
