public import Plan

/// Two batches of a duel, one of each side, one right after the other: a row of `pairs.csv`.
public struct PairSample: Equatable, Sendable {
  /// The batch of one side.
  public struct Side: Equatable, Sendable {
    /// Thread CPU time in nanoseconds, summed over the cell's threads.
    public var cpuNanoseconds: Int
    /// Wall time in nanoseconds.
    public var wallNanoseconds: Int
    /// Involuntary context switches.
    public var involuntarySwitches: Int

    /// A batch from its parts.
    public init(cpuNanoseconds: Int, wallNanoseconds: Int, involuntarySwitches: Int) {
      self.cpuNanoseconds = cpuNanoseconds
      self.wallNanoseconds = wallNanoseconds
      self.involuntarySwitches = involuntarySwitches
    }
  }

  /// Which side went first.
  public enum Order: String, CaseIterable, Sendable {
    /// A, then B.
    case aFirst = "AB"
    /// B, then A.
    case bFirst = "BA"
  }

  /// The frozen reference, measured after the pair on both sides with one call count.
  public struct Reference: Equatable, Sendable {
    /// A's thread CPU time in nanoseconds.
    public var aCPUNanoseconds: Int
    /// B's thread CPU time in nanoseconds.
    public var bCPUNanoseconds: Int

    /// Two times.
    public init(aCPUNanoseconds: Int, bCPUNanoseconds: Int) {
      self.aCPUNanoseconds = aCPUNanoseconds
      self.bCPUNanoseconds = bCPUNanoseconds
    }
  }

  /// The cell that was timed; of two routines it names both.
  public var cell: Cell
  /// Which pair of worker processes, from 0.
  public var run: Int
  /// Which pair of the cell in the run, from 0.
  public var pair: Int
  /// Which side went first.
  public var order: Order
  /// Calls in each of the two batches.
  public var calls: Int
  /// The batch of the baseline.
  public var a: Side
  /// The batch of the candidate.
  public var b: Side
  /// The frozen reference, where it was measured with this pair.
  public var reference: Reference?

  /// A pair from its parts.
  public init(
    cell: Cell, run: Int, pair: Int, order: Order, calls: Int, a: Side, b: Side,
    reference: Reference? = nil
  ) {
    self.cell = cell
    self.run = run
    self.pair = pair
    self.order = order
    self.calls = calls
    self.a = a
    self.b = b
    self.reference = reference
  }
}
