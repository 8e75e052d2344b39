import CHost

/// Counts the instructions of one call without performance counters.
///
/// The call is executed in a forked child, one instruction at a time under ptrace, and each
/// instruction is decoded just enough. Exact and repeatable in any virtual machine that lets a
/// process trace its own child. A repeated string instruction runs at full speed and counts once.
///
/// The routine runs twice in the child: a first time at full speed, which binds lazy symbols and
/// must return within two seconds, and a second time observed. It must do the same work both times.
/// Its stores stay in the child, except those to shared mappings.
///
/// Cost: a fork (0.7 ms for a small process) and 15 to 20 µs for each instruction. The fork
/// write-protects the caller's private pages, and each faults again at its next write: count before
/// the working set is touched or after the timed batches, never between them.
public enum InstructionTrace {
  /// Instructions after which a call is abandoned unless the caller says otherwise.
  public static let defaultStepLimit = 2_000_000

  /// Counts the instructions of `body(context)`.
  ///
  /// - Parameters:
  ///   - body: The routine; it may use no lock that another thread could hold.
  ///   - context: Passed to the routine as it is.
  ///   - stepLimit: Instructions after which the call is abandoned.
  /// - Returns: The counts of one call, the call itself and the final return excluded.
  /// - Throws: `TraceError`, which says in one sentence why there are no counts.
  /// - Safety: `context` satisfies whatever `body` demands of it.
  @unsafe
  public static func measure(
    _ body: @convention(c) (UnsafeMutableRawPointer?) -> Void,
    context: UnsafeMutableRawPointer?,
    stepLimit: Int = defaultStepLimit
  ) throws(TraceError) -> InstructionCounts {
    // SAFETY: a C function pointer is one machine word; the caller vouches for the context.
    let function = unsafe unsafeBitCast(body, to: UnsafeRawPointer.self)
    return try unsafe call(function, (word(context), 0, 0, 0, 0, 0), stepLimit)
  }

  /// Counts the instructions of a copy.
  ///
  /// - Parameters:
  ///   - copy: The routine.
  ///   - target: Where `byteCount` bytes are written; in the child only, unless memory is shared.
  ///   - source: Where `byteCount` bytes are read.
  ///   - byteCount: Bytes to copy.
  ///   - stepLimit: Instructions after which the call is abandoned.
  /// - Returns: The counts of one call.
  /// - Throws: `TraceError`.
  /// - Safety: The pointers and the count satisfy the routine's own rules.
  @unsafe
  public static func measure(
    copy: @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Void,
    target: UnsafeMutableRawPointer, source: UnsafeRawPointer, byteCount: Int,
    stepLimit: Int = defaultStepLimit
  ) throws(TraceError) -> InstructionCounts {
    // SAFETY: a C function pointer is one machine word; the caller vouches for the memory.
    let function = unsafe unsafeBitCast(copy, to: UnsafeRawPointer.self)
    return try unsafe call(
      function, (word(target), word(source), word(byteCount), 0, 0, 0), stepLimit)
  }

  /// Counts the instructions of a compare.
  ///
  /// - Parameters:
  ///   - compare: The routine.
  ///   - first: `byteCount` readable bytes.
  ///   - second: `byteCount` readable bytes.
  ///   - byteCount: Bytes to compare.
  ///   - stepLimit: Instructions after which the call is abandoned.
  /// - Returns: The counts of one call.
  /// - Throws: `TraceError`.
  /// - Safety: The pointers and the count satisfy the routine's own rules.
  @unsafe
  public static func measure(
    compare: @convention(c) (UnsafeRawPointer, UnsafeRawPointer, Int) -> Int,
    first: UnsafeRawPointer, second: UnsafeRawPointer, byteCount: Int,
    stepLimit: Int = defaultStepLimit
  ) throws(TraceError) -> InstructionCounts {
    // SAFETY: a C function pointer is one machine word; the caller vouches for the memory.
    let function = unsafe unsafeBitCast(compare, to: UnsafeRawPointer.self)
    return try unsafe call(
      function, (word(first), word(second), word(byteCount), 0, 0, 0), stepLimit)
  }

  /// Counts the instructions of zeroing.
  ///
  /// - Parameters:
  ///   - zero: The routine.
  ///   - target: Where `byteCount` bytes are written; in the child only, unless memory is shared.
  ///   - byteCount: Bytes to zero.
  ///   - stepLimit: Instructions after which the call is abandoned.
  /// - Returns: The counts of one call.
  /// - Throws: `TraceError`.
  /// - Safety: The pointer and the count satisfy the routine's own rules.
  @unsafe
  public static func measure(
    zero: @convention(c) (UnsafeMutableRawPointer, Int) -> Void,
    target: UnsafeMutableRawPointer, byteCount: Int, stepLimit: Int = defaultStepLimit
  ) throws(TraceError) -> InstructionCounts {
    // SAFETY: a C function pointer is one machine word; the caller vouches for the memory.
    let function = unsafe unsafeBitCast(zero, to: UnsafeRawPointer.self)
    return try unsafe call(function, (word(target), word(byteCount), 0, 0, 0, 0), stepLimit)
  }

  /// Counts the instructions of a flush.
  ///
  /// - Parameters:
  ///   - flush: The routine.
  ///   - target: The first of `byteCount` bytes to write back.
  ///   - byteCount: Bytes to write back.
  ///   - stepLimit: Instructions after which the call is abandoned.
  /// - Returns: The counts of one call.
  /// - Throws: `TraceError`.
  /// - Safety: The pointer and the count satisfy the routine's own rules.
  @unsafe
  public static func measure(
    flush: @convention(c) (UnsafeRawPointer, Int) -> Void,
    target: UnsafeRawPointer, byteCount: Int, stepLimit: Int = defaultStepLimit
  ) throws(TraceError) -> InstructionCounts {
    // SAFETY: a C function pointer is one machine word; the caller vouches for the memory.
    let function = unsafe unsafeBitCast(flush, to: UnsafeRawPointer.self)
    return try unsafe call(function, (word(target), word(byteCount), 0, 0, 0, 0), stepLimit)
  }
}

extension InstructionTrace {
  /// Six machine words, in the order of the C calling convention.
  typealias Words = (UInt, UInt, UInt, UInt, UInt, UInt)

  static func word(_ pointer: UnsafeRawPointer?) -> UInt { UInt(bitPattern: pointer) }

  static func word(_ value: Int) -> UInt { UInt(bitPattern: value) }

  /// The one place that calls C, whatever the shape of the function.
  @unsafe
  static func call(
    _ function: UnsafeRawPointer, _ words: Words, _ stepLimit: Int
  ) throws(TraceError) -> InstructionCounts {
    precondition(stepLimit >= 0, "a step limit is not negative")
    // SAFETY: every shape offered here takes at most six integers or pointers, so all of them
    // travel in the registers that the dispatcher loads.
    let result = unsafe chost_trace_call(
      function, chost_trace_arguments(word: words), UInt64(stepLimit))
    switch result.outcome {
    case CHOST_TRACE_COMPLETE: return InstructionCounts(result.counts)
    case CHOST_TRACE_LIMIT: throw .limit(instructions: stepLimit)
    case CHOST_TRACE_STUCK: throw .stuck(seconds: Int(result.detail))
    case CHOST_TRACE_SIGNAL: throw .signal(result.detail)
    default: throw .unavailable(errno: result.detail)
    }
  }
}

extension InstructionCounts {
  init(_ counts: chost_trace_counts) {
    self.init(
      instructions: Int(counts.instructions), linesWrittenBack: Int(counts.lines_written_back),
      fences: Int(counts.fences), nonTemporalBytes: Int(counts.non_temporal_bytes))
  }
}
