extension InstructionTrace {
  /// Counts the instructions of a copy around a write.
  ///
  /// - Parameters:
  ///   - edgeCopy: The routine; it gets the following six arguments in this order.
  ///   - target: The block written, in the child only unless the memory is shared.
  ///   - edges: Where the bytes around the write come from; nil stands for zeros.
  ///   - body: The bytes of the write.
  ///   - first: The routine's first integer.
  ///   - second: The routine's second integer.
  ///   - third: The routine's third integer.
  ///   - stepLimit: Instructions after which the call is abandoned.
  /// - Returns: The counts of one call.
  /// - Throws: `TraceError`.
  /// - Safety: The pointers and the integers satisfy the routine's own rules.
  @unsafe
  public static func measure(
    edgeCopy:
      @convention(c) (
        UnsafeMutableRawPointer, UnsafeRawPointer?, UnsafeRawPointer, Int, Int, Int
      ) -> Void,
    target: UnsafeMutableRawPointer, edges: UnsafeRawPointer?, body: UnsafeRawPointer,
    _ first: Int, _ second: Int, _ third: Int, stepLimit: Int = defaultStepLimit
  ) throws(TraceError) -> InstructionCounts {
    // SAFETY: a C function pointer is one machine word; the caller vouches for the memory.
    let function = unsafe unsafeBitCast(edgeCopy, to: UnsafeRawPointer.self)
    return try unsafe call(
      function,
      (word(target), word(edges), word(body), word(first), word(second), word(third)), stepLimit)
  }
}
