/// What the process tells the shell.
public enum ExitStatus: Int32, CaseIterable, Sendable {
  /// Nothing changed.
  case pass = 0
  /// The tool failed.
  case toolError = 1
  /// A confirmed regression.
  case regressed = 2
  /// Not decided or not comparable.
  case inconclusive = 3
  /// The baseline cannot be used.
  case baselineUnusable = 4
  /// The gate's self-test failed.
  case selfTestFailed = 5
  /// A confirmed improvement, when asked to fail on it: the baseline is stale.
  case improved = 6
  /// The command line cannot be understood.
  case usage = 64
}
