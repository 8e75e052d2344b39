internal import HotCore

extension Volume {
  /// Reads from a file as read(2) on DAX does; holes and unwritten blocks read zero.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte read.
  ///   - buffer: Where bytes go; memory that cannot be written ends the read.
  /// - Returns: Bytes read; 0 at or behind the end of the file.
  /// - Throws: `FSDAXError` when nothing was read: EINVAL for a negative position, ENOENT, EISDIR,
  ///   EIO for poison, EFAULT, EINTR.
  /// - Safety: The memory of `buffer` is not unmapped during the call.
  @unsafe @discardableResult
  public func read(
    _ file: FileID, at position: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(FSDAXError) -> Int {
    do throws(Errno) {
      // SAFETY: the caller's promise is passed on.
      if let start = buffer.baseAddress, unsafe TrapRange.meets(start, buffer.count) {
        return try unsafe readIntoMapped(file, position, buffer)
      }
      return try unsafe lockedRead(file, position, buffer)
    } catch {
      throw FSDAXError(error, .read, file, position: position)
    }
  }

  @unsafe @inline(__always)
  func lockedRead(
    _ file: FileID, _ position: Int, _ buffer: UnsafeMutableRawBufferPointer
  ) throws(Errno) -> Int {
    guard position >= 0 else { throw .EINVAL }
    let inode = try inode(file)
    inode.ioLock.lockShared()
    defer { inode.ioLock.unlockShared() }
    try inode.check(file)
    try inode.checkRegular()
    // SAFETY: the caller's promise is passed on.
    return try unsafe readRange(inode, UInt64(position), buffer, ledgers.mine)
  }

  /// Reads into a span; see the other `read`.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte read.
  ///   - span: Where bytes go.
  /// - Returns: Bytes read.
  /// - Throws: `FSDAXError` when nothing was read.
  @discardableResult
  public func read(
    _ file: FileID, at position: Int, into span: inout MutableRawSpan
  ) throws(FSDAXError) -> Int {
    // SAFETY: the span's bytes are borrowed for the call.
    try unsafe span.withUnsafeMutableBytes { buffer throws(FSDAXError) in
      try unsafe read(file, at: position, into: buffer)
    }
  }

  @unsafe private func readRange(
    _ inode: Inode, _ position: UInt64, _ buffer: UnsafeMutableRawBufferPointer,
    _ ledger: LedgerStripe
  ) throws(Errno) -> Int {
    let size = inode.size
    guard position < size, buffer.count > 0, let start = buffer.baseAddress else { return 0 }
    let byteCount = min(UInt64(buffer.count), size - position)
    var iterator = IomapIterator(
      inode, position: position, byteCount: byteCount, .dax, ledger)
    var window = Int.max
    do throws(Errno) {
      while true {
        let seen = inode.replacementCount
        guard try iterator.next(self) else { break }
        let done = Int(iterator.position - position)
        // SAFETY: `done` is below the byte count, which is within the buffer.
        iterator.status = unsafe readMapping(&iterator, start + done, seen, &window)
      }
    } catch {
      if iterator.position == position { throw error }
    }
    return Int(iterator.position - position)
  }

  /// The body of a read: one mapping, as it was when so many replacements had been seen.
  ///
  /// Faults do not wait for reads. Where one replaced blocks before the copy was done, another file
  /// may have stored into the old ones: those bytes do not count, and the mapping is stale. From
  /// then on windows are single pages, so that a read gets through however many faults there are.
  /// Source: specification, sections 1.2 and 3.2.
  @unsafe private func readMapping(
    _ iterator: inout IomapIterator, _ start: UnsafeMutableRawPointer, _ seen: UInt64,
    _ window: inout Int
  ) -> Errno? {
    let target = iterator.mappings.target
    let first = iterator.position
    do throws(Errno) {
      switch target.type {
      case .hole, .unwritten:
        let byteCount = Int(iterator.usable)
        // SAFETY: the caller's buffer has the usable bytes; only the writable ones are touched.
        let writable = unsafe writablePrefix(start, byteCount)
        unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: writable)
        iterator.ledger.add(.zerosRead, writable)
        if writable == 0 { throw .EFAULT }
        try iterator.advance(UInt64(writable))
      case .mapped:
        while iterator.usable > 0 {
          if isInterrupted { throw .EINTR }
          let byteCount = min(Int(iterator.usable), window)
          let done = Int(iterator.position - first)
          let copied = unsafe try readWindow(
            Int(target.deviceByte(at: iterator.position)), byteCount, start + done,
            iterator.ledger)
          if iterator.inode.hasReplaced(since: seen) {
            iterator.markStale()
            window = DAXDevice.pageByteCount
            return nil
          }
          if copied == 0 { throw .EFAULT }
          try iterator.advance(UInt64(copied))
          if copied < byteCount { return nil }
        }
      case .delayedAllocation, .inline:
        throw .EIO
      }
      return nil
    } catch {
      return error
    }
  }

  @unsafe private func readWindow(
    _ source: Int, _ byteCount: Int, _ start: UnsafeMutableRawPointer, _ ledger: LedgerStripe
  ) throws(Errno) -> Int {
    let offset = source & (DAXDevice.pageByteCount - 1)
    let wanted = (byteCount + offset + DAXDevice.pageByteCount - 1) >> DAXDevice.pageShift
    let pages: Int
    do throws(Errno) {
      pages = try device.access(page: source >> DAXDevice.pageShift, count: wanted)
    } catch {
      throw error.asBlockError
    }
    let length = min(pages << DAXDevice.pageShift - offset, byteCount)
    // SAFETY: the caller's buffer has `byteCount` bytes; only the writable ones are touched.
    return unsafe device.copyToUser(start, source, writablePrefix(start, length), ledger)
  }
}

extension Inode {
  /// EISDIR for a directory, EINVAL for anything else without data.
  @inline(__always) func checkRegular() throws(Errno) {
    switch attributes.kind {
    case .regular: return
    case .directory: throw .EISDIR
    case .fifo, .device: throw .EINVAL
    }
  }
}
