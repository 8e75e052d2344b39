internal import HotCore

extension Volume {
  /// Zeroes a range, copying-on-write where it is shared; holes and unwritten blocks stay.
  ///
  /// Waits for pinned frames of the range.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte.
  ///   - byteCount: Bytes; what lies behind the end of the file is zeroed in mapped blocks only.
  /// - Returns: Whether any byte was zeroed.
  /// - Throws: `FSDAXError`: EINVAL, ENOENT, EISDIR, EIO, ENOSPC, EINTR. A prefix may be zeroed.
  @discardableResult
  public func zero(
    _ file: FileID, at position: Int, byteCount: Int
  ) throws(FSDAXError) -> Bool {
    try changing(file, .zero, position) { inode, ledger throws(Errno) in
      guard position >= 0, byteCount >= 0, position <= Int.max - byteCount else { throw .EINVAL }
      try unmapUnpinned(inode, from: UInt64(position), byteCount: UInt64(byteCount))
      return try zeroRange(inode, UInt64(position), UInt64(byteCount), ledger)
    }
  }

  /// Zeroes from a position to the end of its block; nothing at a block's start.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte.
  /// - Returns: Whether any byte was zeroed.
  /// - Throws: As `zero`.
  @discardableResult
  public func truncatePage(_ file: FileID, at position: Int) throws(FSDAXError) -> Bool {
    try changing(file, .truncate, position) { inode, ledger throws(Errno) in
      guard position >= 0 else { throw .EINVAL }
      return try truncatePage(inode, UInt64(position), ledger)
    }
  }

  func truncatePage(
    _ inode: Inode, _ position: UInt64, _ ledger: LedgerStripe
  ) throws(Errno) -> Bool {
    let offset = position & UInt64(DAXDevice.pageByteCount - 1)
    if offset == 0 { return false }
    return try zeroRange(inode, position, UInt64(DAXDevice.pageByteCount) - offset, ledger)
  }

  /// A write behind the end: what lies between reads zero.
  ///
  /// `ioLock` is held alone.
  func zeroToNewEnd(
    _ inode: Inode, position: UInt64, _ ledger: LedgerStripe
  ) throws(Errno) {
    inode.invalidateLock.lockExclusive()
    defer { inode.invalidateLock.unlockExclusive() }
    _ = try zeroRange(inode, inode.size, position - inode.size, ledger)
  }

  /// `ioLock` and `invalidateLock` are held alone.
  func zeroRange(
    _ inode: Inode, _ position: UInt64, _ byteCount: UInt64, _ ledger: LedgerStripe
  ) throws(Errno) -> Bool {
    if byteCount == 0 { return false }
    var didZero = false
    var iterator = IomapIterator(
      inode, position: position, byteCount: byteCount, [.dax, .zero], ledger)
    while try iterator.next(self) {
      do throws(Errno) {
        if try zeroMapping(&iterator) { didZero = true }
      } catch {
        iterator.status = error
      }
    }
    return didZero
  }

  /// The body: one mapping; whether it zeroed.
  ///
  /// Source: specification, section 3.4.
  private func zeroMapping(_ iterator: inout IomapIterator) throws(Errno) -> Bool {
    let mappings = iterator.mappings
    let source = mappings.source
    if source.type == .hole || source.type == .unwritten {
      try iterator.advance(iterator.usable)
      return false
    }
    let isCopy = mappings.target.flags.contains(.shared)
    if isCopy {
      dropEntries(
        iterator.inode, from: iterator.position, byteCount: iterator.usable, clearsMarks: true)
    }
    while iterator.usable > 0 {
      let position = iterator.position
      let offset = Int(position) & (DAXDevice.pageByteCount - 1)
      let byteCount = min(Int(iterator.usable), DAXDevice.pageByteCount - offset)
      let target = Int(mappings.target.deviceByte(at: position))
      if byteCount == DAXDevice.pageByteCount {
        try device.zeroPages(
          target >> DAXDevice.pageShift, count: 1, counting: .bytesZeroed, iterator.ledger)
      } else {
        try zeroPart(mappings, position, offset, byteCount, isCopy, iterator.ledger)
      }
      try iterator.advance(UInt64(byteCount))
    }
    return true
  }

  private func zeroPart(
    _ mappings: MappingPair, _ position: UInt64, _ offset: Int, _ byteCount: Int, _ isCopy: Bool,
    _ ledger: LedgerStripe
  ) throws(Errno) {
    let target = Int(mappings.target.deviceByte(at: position))
    do throws(Errno) {
      _ = try device.access(page: target >> DAXDevice.pageShift, count: 1)
    } catch {
      throw error.asBlockError
    }
    device.zero(target, byteCount, counting: .bytesZeroed, ledger)
    if isCopy {
      try fillEdges(
        target - offset, OldBlock(mappings, page: position - UInt64(offset)),
        EdgeGeometry(position: offset, length: byteCount, alignment: DAXDevice.pageByteCount),
        ledger)
    }
    // Upstream flushes the zeros of a private block only (H3).
    if !isCopy || !profile.has(.unflushedEdges) { device.flush(target, byteCount, ledger) }
    device.order(ledger)
  }
}
