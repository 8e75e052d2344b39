/// How a cell or a batch ended.
public enum Status: String, CaseIterable, Sendable {
  /// Measured and verified.
  case ok
  /// Not run here; the reason says what is missing.
  case skipped
  /// Measured, but not what the row claims: observed faults differ from the expected, for instance.
  case invalid
  /// Failed: wrong bytes, a worker that died, a system call that refused.
  case error

  /// Whether a batch that ended so was timed: its numbers count, whatever they are worth.
  public var isTimed: Bool { self == .ok || self == .invalid }
}
