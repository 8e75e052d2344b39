internal import HotCore

extension Volume {
  /// Drops cached entries before a copy-on-write or a first write; with the marks cleared also
  /// dirty ones go.
  ///
  /// Source: specification, section 3.2.
  @inline(__always)
  func dropEntries(
    _ inode: Inode, from position: UInt64, byteCount: UInt64, clearsMarks: Bool
  ) {
    if inode.entries.isEmpty { return }
    let pages = BlockRange(position: position, byteCount: byteCount).blocks
    removeEntries(inode, pages, keepsDirty: !clearsMarks)
  }

  /// Removes entries whatever their marks, as truncation does.
  ///
  /// A range without an end is a truncation, which takes private copies away as well.
  func deleteEntries(_ inode: Inode, _ pages: Range<UInt64>) {
    if !inode.entries.isEmpty { removeEntries(inode, pages, keepsDirty: false) }
    if pages.upperBound == .max { inode.areas.unmap(pages, dropsCopies: true) }
  }

  /// Takes entries out of the tree one after the other, and their pages from all mappings.
  ///
  /// A huge entry that reaches over the range goes whole, but never with stores to pages outside
  /// that nobody has written back: a marked one is split first. The kernel forgets them.
  private func removeEntries(_ inode: Inode, _ pages: Range<UInt64>, keepsDirty: Bool) {
    let ledger = ledgers.mine
    var cursor = pages.lowerBound
    while var held = inode.entries.holdNext(from: cursor, before: pages.upperBound, ledger) {
      cursor = held.pages.upperBound
      if !keepsDirty, held.entry.isMarked, !held.lies(in: pages) {
        splitEntry(inode, &held, at: max(held.base, pages.lowerBound))
        cursor = held.pages.upperBound
      }
      inode.areas.unmap(held.pages)
      if keepsDirty, held.entry.isMarked {
        inode.entries.unlock(held.base)
        continue
      }
      frames.disassociate(held, inode: inode.number)
      inode.entries.discard(held)
    }
    inode.entries.lock.lockExclusive()
    inode.entries.releaseLeaves(in: pages)
    inode.entries.lock.unlockExclusive()
  }

  /// Waits until no frame of a range is pinned, and takes the range away from mappings.
  ///
  /// Locks: `ioLock` and `invalidateLock` alone; the second is given up while this sleeps. Upstream
  /// drops dirty entries unwritten, and those of the whole file (hazard H9). Source: section 4.9.
  ///
  /// - Parameters:
  ///   - inode: The file.
  ///   - position: The first byte.
  ///   - byteCount: Bytes.
  ///   - ledger: Counts.
  ///   - waits: Whether to sleep until pins go.
  /// - Throws: ERESTARTSYS for a pinned frame without waiting; EINTR; an error of the writeback.
  func breakLayouts(
    _ inode: Inode, _ position: UInt64, _ byteCount: UInt64, _ ledger: LedgerStripe,
    waits: Bool = true
  ) throws(Errno) {
    if inode.entries.isEmpty { return }
    let drops = profile.has(.dirtyDroppedByLayoutBreak)
    let pages =
      drops ? 0..<UInt64.max >> 12 : BlockRange(position: position, byteCount: byteCount).blocks
    try unmapUnpinned(inode, pages, waits: waits)
    if !drops { try writeBack(inode, pages, ledger) }
    removeEntries(inode, pages, keepsDirty: false)
  }

  /// Takes a range away from mappings, and waits until no frame of it is pinned.
  ///
  /// Locks and errors: as `breakLayouts`.
  func unmapUnpinned(
    _ inode: Inode, _ pages: Range<UInt64>, waits: Bool = true
  ) throws(Errno) {
    while true {
      let ticket = frames.pins.ticket
      inode.areas.unmap(pages)
      if !hasPinnedFrame(inode, pages) { return }
      if !waits { throw .ERESTARTSYS }
      // An interruption after this look has used up the ticket.
      if isInterrupted { throw .EINTR }
      inode.invalidateLock.unlockExclusive()
      frames.pins.sleep(ticket: ticket)
      inode.invalidateLock.lockExclusive()
    }
  }

  /// Does so before a change that keeps entries, or drops them by a rule of its own (hazard H10).
  ///
  /// Locks and errors: as `breakLayouts`.
  func unmapUnpinned(
    _ inode: Inode, from position: UInt64, byteCount: UInt64
  ) throws(Errno) {
    if byteCount == 0 || inode.entries.isEmpty { return }
    try unmapUnpinned(inode, BlockRange(position: position, byteCount: byteCount).blocks)
  }

  private func hasPinnedFrame(_ inode: Inode, _ pages: Range<UInt64>) -> Bool {
    if frames.pins.isEmpty { return false }
    inode.entries.lock.lockExclusive()
    defer { inode.entries.lock.unlockExclusive() }
    var cursor = pages.lowerBound & ~(Entry.hugeCount - 1)
    while let found = inode.entries.next(from: cursor, before: pages.upperBound) {
      cursor = found.pages.upperBound
      guard cursor > pages.lowerBound, found.entry.hasFrames else { continue }
      let first = found.entry.frame
      if frames.pins.contains(first..<first + found.entry.frameCount) { return true }
    }
    return false
  }
}

extension Volume {
  /// Writes back what was stored through mappings and takes all pages of a file away from them.
  ///
  /// The next access to each page faults anew, as after the kernel dropped its caches.
  ///
  /// - Parameter file: The file.
  /// - Throws: `FSDAXError`: ENOENT, EISDIR, EINTR; an error of the writeback.
  public func invalidate(_ file: FileID) throws(FSDAXError) {
    do throws(Errno) {
      let inode = try inode(file)
      inode.ioLock.lockExclusive()
      defer { inode.ioLock.unlockExclusive() }
      inode.invalidateLock.lockExclusive()
      defer { inode.invalidateLock.unlockExclusive() }
      try inode.check(file)
      try inode.checkRegular()
      try breakLayouts(inode, 0, UInt64(Int.max), ledgers.mine)
    } catch {
      throw FSDAXError(error, .sync, file)
    }
  }
}
