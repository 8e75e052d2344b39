/// The numbers of the stored tier's rule.
public struct StoredLimits: Equatable, Sendable {
  /// Relative change of the ratio below which nothing is ever called changed.
  public var tolerance = 0.03
  /// Deviations between moments that a change must exceed.
  public var deviations = 5.0
  /// Largest deviation between moments with which a cell may gate.
  public var deviationMaximum = 0.006
  /// Moments a gating baseline has at least.
  public var momentsMinimum = 3
  /// Seconds between two of its moments, at least.
  public var momentSpacingSeconds = 600
  /// Worker processes of each of its moments, at least.
  public var processesMinimum = 5
  /// Seconds between the starts of two runs that confirm each other, at least.
  public var repeatSeconds = 60
  /// Relative change of a frozen reference's own time above which the machine is another one.
  public var referenceShift = 0.10
  /// Gating cells from which on "more than half moved" means anything.
  public var uniformShiftCells = 3

  /// The limits of METHODOLOGY.md.
  public init() {}
}
