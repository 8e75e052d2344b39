/// What the instructions of one call did; counted one by one, so two equal calls are equal.
public struct InstructionCounts: Equatable, Hashable, Sendable {
  /// Instructions executed, a repeated string instruction being one; an empty function has none.
  public var instructions: Int
  /// Cache-line write-back instructions executed: clwb, clflushopt, clflush.
  public var linesWrittenBack: Int
  /// Store fences executed: sfence and mfence, not locked instructions.
  public var fences: Int
  /// Bytes stored by non-temporal and direct stores, masked ones (maskmovdqu) excepted.
  public var nonTemporalBytes: Int

  /// Counts from their parts.
  public init(
    instructions: Int = 0, linesWrittenBack: Int = 0, fences: Int = 0, nonTemporalBytes: Int = 0
  ) {
    self.instructions = instructions
    self.linesWrittenBack = linesWrittenBack
    self.fences = fences
    self.nonTemporalBytes = nonTemporalBytes
  }
}

/// Why a call has no instruction counts.
public enum TraceError: Error, Equatable, Sendable {
  /// More instructions than the limit; the call was abandoned.
  case limit(instructions: Int)
  /// The first, unobserved call had not returned after this many seconds.
  case stuck(seconds: Int)
  /// The call raised this signal, or ended its process when the signal is 0.
  case signal(Int32)
  /// Nobody can trace here; the errno says why.
  case unavailable(errno: Int32)
}
