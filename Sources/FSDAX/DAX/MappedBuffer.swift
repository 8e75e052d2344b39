internal import HotCore

/// Buffers of read and write that lie in a mapped file.
///
/// Touching one may fault, and a fault waits for a write that copies in its file: two writes that
/// each take bytes from a mapping of the other's file would wait for each other. So nothing of the
/// buffer is touched with a file locked; bytes go through memory of the call's own, in pieces. A
/// larger call is not atomic as a whole, and a short copy leaves no stale bytes (hazard H1).
extension Volume {
  /// Bytes of a piece.
  private static let pieceByteCount = 1 << 20

  /// Writes from a mapping.
  ///
  /// - Safety: As `write`.
  @unsafe @inline(never)
  func writeFromMapped(
    _ file: FileID, _ position: Int, _ data: UnsafeRawBufferPointer, _ options: WriteOptions
  ) throws(Errno) -> Int {
    guard position >= 0, let start = data.baseAddress else { throw .EINVAL }
    return try unsafe inPieces(data.count) { piece, done throws(Errno) in
      guard position <= Int.max - done else { throw .EFBIG }
      // SAFETY: a fault in the caller's bytes that nobody resolves ends the copy; the piece is
      // this call's own, and not longer than what is left of the data.
      guard let target = piece.baseAddress else { return 0 }
      let missing = unsafe GuardedAccess.copy(
        to: target, from: start + done, byteCount: piece.count)
      if missing == piece.count { throw .EFAULT }
      let readable = unsafe UnsafeRawBufferPointer(start: target, count: piece.count - missing)
      return try unsafe lockedWrite(file, position + done, readable, options, ledgers.mine)
    }
  }

  /// Reads into a mapping.
  ///
  /// - Safety: As `read`.
  @unsafe @inline(never)
  func readIntoMapped(
    _ file: FileID, _ position: Int, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int {
    guard position >= 0, let start = buffer.baseAddress else { throw .EINVAL }
    return try unsafe inPieces(buffer.count) { piece, done throws(Errno) in
      guard position <= Int.max - done else { return 0 }
      let count = try unsafe lockedRead(file, position + done, piece)
      // SAFETY: only bytes that can be written are, and the caller's buffer has them.
      let writable = unsafe writablePrefix(start + done, count)
      if writable == 0, count > 0 { throw .EFAULT }
      guard let source = piece.baseAddress else { return 0 }
      unsafe (start + done).copyMemory(from: source, byteCount: writable)
      return writable
    }
  }

  /// Runs the body for one piece after the other, until one is short or fails.
  @unsafe private func inPieces(
    _ byteCount: Int,
    _ body: (UnsafeMutableRawBufferPointer, Int) throws(Errno) -> Int
  ) throws(Errno) -> Int {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(byteCount, Self.pieceByteCount), alignment: DAXDevice.pageByteCount)
    // SAFETY: the memory is this call's own; a piece is a part of it.
    defer { unsafe memory.deallocate() }
    var done = 0
    while done < byteCount {
      let count = min(byteCount - done, Self.pieceByteCount)
      do throws(Errno) {
        let moved = try unsafe body(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]), done)
        done += moved
        if moved < count { return done }
      } catch {
        if done == 0 { throw error }
        return done
      }
    }
    return done
  }
}
