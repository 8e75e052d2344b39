/// Memory for one value that shares its cache lines with nothing else.
///
/// For what a thread stores to at every operation: the state of files and groups that different
/// threads work on would otherwise lie on one line. Two lines, for processors fetch them in pairs.
///
/// - Parameter type: The value's type.
/// - Returns: Uninitialised memory; whoever asks deallocates it.
func allocateOwnLines<Value: ~Copyable>(
  for type: Value.Type
) -> UnsafeMutablePointer<Value> {
  let line = 128
  let byteCount = (MemoryLayout<Value>.size + line - 1) & -line
  // SAFETY: fresh memory, large and aligned enough for one value.
  return unsafe UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: line)
    .bindMemory(to: Value.self, capacity: 1)
}
