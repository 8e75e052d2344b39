internal import HotCore

extension Volume {
  /// How a write waits.
  public struct WriteOptions: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Options of given bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// EAGAIN instead of waiting for a lock or, on XFS, copying on write.
    public static let noWait = WriteOptions(rawValue: 1 << 0)
    /// An atomic write, which this path does not offer: EIO.
    public static let atomic = WriteOptions(rawValue: 1 << 1)
  }

  /// Writes to a file as write(2) on DAX does: edges of shared blocks from the old block, the bytes
  /// written back.
  ///
  /// The file grows as needed; what lies between the old end and `position` reads zero.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte written.
  ///   - data: The bytes; they may lie in memory that cannot be read, which ends the write.
  ///   - options: How to wait.
  /// - Returns: Bytes written; fewer than asked where a later step failed.
  /// - Throws: `FSDAXError` when nothing was written: EINVAL for a negative position, ENOENT,
  ///   EISDIR, EFBIG at the largest size, EFAULT, EIO, ENOSPC, EAGAIN, EINTR.
  /// - Safety: The memory of `data` is not unmapped during the call.
  @unsafe @discardableResult
  public func write(
    _ file: FileID, at position: Int, _ data: UnsafeRawBufferPointer, _ options: WriteOptions = []
  ) throws(FSDAXError) -> Int {
    do throws(Errno) {
      // SAFETY: the caller's promise is passed on.
      if let start = data.baseAddress, unsafe TrapRange.meets(start, data.count) {
        return try unsafe writeFromMapped(file, position, data, options)
      }
      return try unsafe lockedWrite(file, position, data, options, ledgers.mine)
    } catch {
      throw FSDAXError(error, .write, file, position: position)
    }
  }

  /// Writes bytes that are certainly readable; see the other `write`.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte written.
  ///   - bytes: The bytes.
  ///   - options: How to wait.
  /// - Returns: Bytes written.
  /// - Throws: `FSDAXError` when nothing was written.
  @discardableResult
  public func write(
    _ file: FileID, at position: Int, _ bytes: RawSpan, _ options: WriteOptions = []
  ) throws(FSDAXError) -> Int {
    // SAFETY: the span's bytes are initialised and borrowed for the call.
    try unsafe bytes.withUnsafeBytes { buffer throws(FSDAXError) in
      try unsafe write(file, at: position, buffer, options)
    }
  }

  @unsafe @inline(__always)
  func lockedWrite(
    _ file: FileID, _ position: Int, _ data: UnsafeRawBufferPointer, _ options: WriteOptions,
    _ ledger: LedgerStripe
  ) throws(Errno) -> Int {
    guard position >= 0 else { throw .EINVAL }
    let inode = try inode(file)
    if options.contains(.noWait) {
      guard inode.ioLock.tryLockExclusive() else { throw .EAGAIN }
    } else {
      inode.ioLock.lockExclusive()
    }
    defer { inode.ioLock.unlockExclusive() }
    try inode.check(file)
    try inode.checkRegular()
    guard data.count > 0, let start = data.baseAddress else { return 0 }
    if options.contains(.atomic) { throw .EIO }
    guard position < self.options.maximumFileByteCount else { throw .EFBIG }
    let byteCount = min(data.count, self.options.maximumFileByteCount - position)
    if UInt64(position) > inode.size {
      // Zeroing keeps faults out, for which it may have to wait.
      if options.contains(.noWait) { throw .EAGAIN }
      try zeroToNewEnd(inode, position: UInt64(position), ledger)
    }
    let isFenced = try fenceFaults(
      inode, UInt64(position), byteCount, waits: !options.contains(.noWait))
    defer { if isFenced { inode.writeFence.clear() } }
    if options.contains(.noWait) { try refuseLocked(inode, UInt64(position), byteCount) }
    // SAFETY: `byteCount` is within the buffer.
    let done = try unsafe writeRange(
      inode, UInt64(position), start, byteCount,
      options.contains(.noWait) ? [.write, .dax, .noWait] : [.write, .dax], ledger)
    if UInt64(position + done) > inode.size { inode.size = UInt64(position + done) }
    touch(inode)
    return done
  }

  /// Writes inside one file whose `ioLock` is held alone.
  @unsafe @inline(__always)
  private func writeRange(
    _ inode: Inode, _ position: UInt64, _ start: UnsafeRawPointer, _ byteCount: Int,
    _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno) -> Int {
    var iterator = IomapIterator(
      inode, position: position, byteCount: UInt64(byteCount), operation, ledger)
    do throws(Errno) {
      while try iterator.next(self) {
        let done = Int(iterator.position - position)
        iterator.status = unsafe writeMapping(&iterator, start + done)
      }
    } catch {
      if iterator.position == position { throw error }
    }
    return Int(iterator.position - position)
  }

  /// The body of a write: one mapping.
  ///
  /// Source: specification, section 3.2.
  @unsafe @inline(__always)
  private func writeMapping(
    _ iterator: inout IomapIterator, _ start: UnsafeRawPointer
  ) -> Errno? {
    let mappings = iterator.mappings
    let target = mappings.target
    let isCopy = target.flags.contains(.shared)
    guard target.type == .mapped || isCopy else { return .EIO }
    if isCopy || target.flags.contains(.new) {
      dropEntries(
        iterator.inode, from: iterator.position, byteCount: iterator.usable, clearsMarks: isCopy)
    }
    let first = iterator.position
    do throws(Errno) {
      while iterator.usable > 0 {
        if isInterrupted { throw .EINTR }
        let done = Int(iterator.position - first)
        let copied = unsafe try writeWindow(
          mappings, iterator.position, Int(iterator.usable), start + done, isCopy,
          iterator.ledger)
        if copied.byteCount == 0 { throw .EFAULT }
        try iterator.advance(UInt64(copied.byteCount))
        // A short copy ends this pass; the next one finds out that nothing more can be read.
        if copied.isShort { return nil }
      }
      return nil
    } catch {
      return error
    }
  }

  /// One window of device pages: as much as can be reached at once.
  @unsafe @inline(__always)
  private func writeWindow(
    _ mappings: MappingPair, _ position: UInt64, _ byteCount: Int, _ start: UnsafeRawPointer,
    _ isCopy: Bool, _ ledger: LedgerStripe
  ) throws(Errno) -> (byteCount: Int, isShort: Bool) {
    let target = Int(mappings.target.deviceByte(at: position))
    let offset = target & (DAXDevice.pageByteCount - 1)
    let page = target >> DAXDevice.pageShift
    let wanted = (byteCount + offset + DAXDevice.pageByteCount - 1) >> DAXDevice.pageShift
    var pages = 0
    var recovers = false
    do throws(Errno) {
      pages = try device.access(page: page, count: wanted)
    } catch {
      guard error == .EHWPOISON else { throw error.asBlockError }
      recovers = true
      do throws(Errno) {
        pages = try device.access(page: page, count: wanted, .recovery)
      } catch {
        throw error.asBlockError
      }
    }
    let length = min(pages << DAXDevice.pageShift - offset, byteCount)
    // SAFETY: the caller's buffer has `byteCount` bytes from here on, readable or not.
    let readable = unsafe readablePrefix(start, length)
    if recovers || readable == 0 {
      // Without H1 the edges are those around the bytes that arrive; without any, there are none.
      let filled = profile.has(.staleAfterShortCopy) ? length : readable
      if isCopy, filled > 0 {
        try fillEdges(
          target - offset, OldBlock(mappings, page: position - UInt64(offset)),
          EdgeGeometry(position: offset, length: filled, alignment: DAXDevice.pageByteCount),
          ledger)
      }
      let done = recovers ? unsafe device.recoveryWrite(target, start, readable, ledger) : 0
      return (done, done < length)
    }
    if isCopy {
      try unsafe copyAround(
        target - offset, OldBlock(mappings, page: position - UInt64(offset)), data: start,
        asked: EdgeGeometry(
          position: offset, length: length, alignment: DAXDevice.pageByteCount),
        readable: readable, ledger)
    } else {
      unsafe device.copyFromUser(target, start, readable, ledger)
    }
    return (readable, readable < length)
  }
}
