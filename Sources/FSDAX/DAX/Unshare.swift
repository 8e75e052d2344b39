internal import HotCore

extension Volume {
  /// Gives a file blocks of its own where it shares them; holes and unwritten blocks stay.
  ///
  /// Waits for pinned frames of the range.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte; negative or behind the end there is nothing to do.
  ///   - byteCount: Bytes, cut at the end of the file.
  /// - Throws: `FSDAXError`: EINVAL for a negative count, ENOENT, EISDIR, EIO, ENOSPC, EINTR. A
  ///   prefix may be unshared; contents never change.
  public func unshare(_ file: FileID, at position: Int, byteCount: Int) throws(FSDAXError) {
    try changing(file, .unshare, position) { inode, ledger throws(Errno) in
      guard byteCount >= 0 else { throw .EINVAL }
      guard position >= 0, UInt64(position) < inode.size else { return }
      let count = min(UInt64(byteCount), inode.size - UInt64(position))
      try unmapUnpinned(inode, from: UInt64(position), byteCount: count)
      try unshareRange(inode, UInt64(position), count, ledger)
      clearReflinkIfPrivate(inode, ledger)
    }
  }

  private func unshareRange(
    _ inode: Inode, _ position: UInt64, _ byteCount: UInt64, _ ledger: LedgerStripe
  ) throws(Errno) {
    if byteCount == 0 { return }
    var iterator = IomapIterator(
      inode, position: position, byteCount: byteCount, [.write, .unshare, .dax], ledger)
    while try iterator.next(self) {
      do throws(Errno) {
        if isInterrupted { throw .EINTR }
        try unshareMapping(&iterator)
      } catch {
        iterator.status = error
      }
    }
  }

  /// The body: one mapping, whole pages of it.
  ///
  /// Source: specification, section 3.5.
  private func unshareMapping(_ iterator: inout IomapIterator) throws(Errno) {
    let mappings = iterator.mappings
    let usable = iterator.usable
    if mappings.wantsUnshare {
      let mask = UInt64(DAXDevice.pageByteCount - 1)
      let first = iterator.position & ~mask
      let byteCount = Int((iterator.position + usable + mask) & ~mask - first)
      dropEntries(
        iterator.inode, from: first, byteCount: UInt64(byteCount),
        clearsMarks: !profile.has(.unshareKeepsDirtyEntries))
      let target = Int(mappings.target.deviceByte(at: first))
      let source = Int(mappings.sourceMap.deviceByte(at: first))
      let count = byteCount >> DAXDevice.pageShift
      do throws(Errno) {
        _ = try device.access(page: target >> DAXDevice.pageShift, count: count)
        _ = try device.access(page: source >> DAXDevice.pageShift, count: count)
      } catch {
        throw error.asBlockError
      }
      try device.copy(
        target, source, byteCount, isDurable: !profile.has(.unflushedEdges),
        counting: .unshareBytesCopied, iterator.ledger)
    }
    try iterator.advance(usable)
  }

  /// A file without a shared extent needs no copy-on-write any more, nor staging for it.
  func clearReflinkIfPrivate(_ inode: Inode, _ ledger: LedgerStripe) {
    inode.extentLock.lockExclusive()
    defer { inode.extentLock.unlockExclusive() }
    guard inode.isReflink else { return }
    var next: UInt64 = 0
    // In short pieces: a look at the first block of a long extent is mostly enough.
    while let extent = inode.data.extent(atOrAfter: next, limit: next + 64)
      ?? inode.data.extent(atOrAfter: next)
    {
      if extent.state == .written, firstShared(in: extent.deviceBlocks) != nil { return }
      next = extent.end
    }
    cancelStaging(inode, BlockRange(0..<UInt64.max), ledger)
    inode.isReflink = false
  }
}
