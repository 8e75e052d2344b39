/// What one step of the gate's self-test found: a row of `selftest.csv`, beside the baseline.
///
/// A step makes trials, the gate judging something whose truth is known, and counts how many of
/// them ended otherwise than they had to: a false alarm, or a slowdown that was not found.
public struct SelfTestStep: Equatable, Sendable {
  /// A number that a step measured, such as the largest shift of an estimate.
  public struct Value: Equatable, Sendable {
    /// Its name, with the unit last; not empty, without `=` and `;`.
    public var name: String
    /// A finite number, of either sign.
    public var number: Double

    /// A value from its parts.
    public init(_ name: String, _ number: Double) {
      self.name = name
      self.number = number
    }
  }

  /// Version of the self-test: a step that means something else has another one.
  public var version: Int
  /// Commit of the executable that tested itself; `unknown` without git.
  public var commit: String
  /// Start of the whole self-test in seconds since 1970: its steps share it.
  public var startedUnix: Int
  /// What was asked for, such as `quick` or `nightly`.
  public var mode: String
  /// The step's name, once in a self-test.
  public var step: String
  /// Trials made; nil for a step that only measures.
  public var trials: Int?
  /// Trials that ended otherwise than they had to.
  public var failures: Int?
  /// Trials that ended undecided, whether that was allowed or not.
  public var inconclusive: Int?
  /// The largest share of failures that the step allows, 0 for none.
  public var shareMaximum: Double?
  /// Exact (Clopper-Pearson) lower bound of the share of failures, 95 % two-sided.
  public var shareLow: Double?
  /// Exact upper bound of the share of failures.
  public var shareHigh: Double?
  /// What else was measured.
  public var values: [Value]
  /// Whether the step holds.
  public var passed: Bool
  /// Why it does not, or what a person should know, in a sentence; may be empty.
  public var detail: String

  /// A step without counts.
  public init(
    version: Int, commit: String, startedUnix: Int, mode: String, step: String, passed: Bool,
    values: [Value] = [], detail: String = ""
  ) {
    self.version = version
    self.commit = commit
    self.startedUnix = startedUnix
    self.mode = mode
    self.step = step
    self.values = values
    self.passed = passed
    self.detail = detail
  }
}
