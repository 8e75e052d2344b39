internal import Glibc
internal import HotCore
internal import LiveFS
internal import Plan

/// Bytes through system calls and through the mapping.
extension LiveExecutor {
  func write(_ step: TraceStep) throws(LiveError) -> Int {
    let file = try file(step.file)
    let (position, byteCount) = step.range
    let bytes = TracePayload.bytes(seed: step.numbers[2], position: position, byteCount: byteCount)
    // Direct writes want memory that lies on a block.
    let aligned = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 4096)
    // SAFETY: the memory is this call's own, and as long as the bytes.
    defer { unsafe aligned.deallocate() }
    unsafe aligned.copyBytes(from: bytes)
    if step.verb == .direct {
      return try file.withDirect { open throws(LiveError) in
        try unsafe open.write(UnsafeRawBufferPointer(aligned), at: position)
      }
    }
    return try unsafe file.file.write(UnsafeRawBufferPointer(aligned), at: position)
  }

  func read(_ step: TraceStep) throws(LiveError) -> StepOutcome {
    let file = try file(step.file)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(step.range.byteCount, 0), alignment: 4096)
    // SAFETY: as above.
    defer { unsafe memory.deallocate() }
    let count = try unsafe file.file.readAll(into: memory, at: step.range.position)
    return StepOutcome(.count(count), bytes: unsafe Array(memory.prefix(count)))
  }

  func load(_ step: TraceStep) throws(LiveError) -> StepOutcome {
    let file = try file(step.file)
    let (position, byteCount) = try mappedRange(step)
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let base = try unsafe file.mapped()
    // SAFETY: the range lies in the mapping, and faults in it are survived.
    let missing = unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let target = buffer.baseAddress else { return 0 }
      return unsafe GuardedAccess.copy(to: target, from: base + position, byteCount: byteCount)
    }
    if missing > 0 { throw error(EIO, file.path) }
    let size = try file.file.byteCount()
    return StepOutcome(
      .count(byteCount), bytes: Array(bytes.prefix(max(min(byteCount, size - position), 0))))
  }

  /// Page by page: the first byte shows whether there is a page, and keeps it.
  func store(_ step: TraceStep) throws(LiveError) -> Int {
    let file = try file(step.file)
    let (position, byteCount) = try mappedRange(step)
    let bytes = TracePayload.bytes(seed: step.numbers[2], position: position, byteCount: byteCount)
    let base = try unsafe file.mapped()
    var done = 0
    while done < byteCount {
      let place = position + done
      let count = min(4096 - place & 4095, byteCount - done)
      // SAFETY: the range lies in the mapping; a store behind the end is survived, and a page that
      // took one store takes the others, as nobody else changes the file.
      guard unsafe GuardedAccess.store(bytes[done], to: base + place) else {
        throw error(EIO, file.path)
      }
      unsafe bytes.withUnsafeBytes { buffer in
        unsafe (base + place).copyMemory(
          from: buffer.baseAddress.unsafelyUnwrapped + done, byteCount: count)
      }
      done += count
    }
    return byteCount
  }

  private func mappedRange(_ step: TraceStep) throws(LiveError) -> (Int, Int) {
    let (position, byteCount) = step.range
    guard position >= 0, byteCount >= 0, position <= Self.mappedByteCount - byteCount else {
      throw error(EINVAL, step.file)
    }
    return (position, byteCount)
  }
}
