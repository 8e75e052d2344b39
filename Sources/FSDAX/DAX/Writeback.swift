internal import HotCore

extension Volume {
  /// Makes a range of a file durable, with its metadata: what was stored through mappings is
  /// written back.
  ///
  /// Source: specification, section 4.8.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte.
  ///   - byteCount: Bytes; more than there are is the whole rest.
  /// - Throws: `FSDAXError`: EINVAL, ENOENT; EIO on a volume that is shut down, where all stays
  ///   dirty; an error of a writeback since the last sync.
  public func sync(
    _ file: FileID, from position: Int = 0, byteCount: Int = .max
  ) throws(FSDAXError) {
    do throws(Errno) {
      guard position >= 0, byteCount >= 0 else { throw .EINVAL }
      let inode = try inode(file)
      inode.invalidateLock.lockShared()
      do throws(Errno) {
        try inode.check(file)
      } catch {
        inode.invalidateLock.unlockShared()
        throw error
      }
      inode.invalidateLock.unlockShared()
      let end = min(UInt64(position) + UInt64(byteCount), UInt64(Int.max))
      try syncRange(inode, file, UInt64(position) >> 12..<(end + 4095) >> 12, ledgers.mine)
    } catch {
      throw FSDAXError(error, .sync, file, position: position)
    }
  }

  /// Writes back, orders, and reports once what failed since the last time; then the metadata are
  /// not synced either.
  func syncRange(
    _ inode: Inode, _ file: FileID, _ pages: Range<UInt64>, _ ledger: LedgerStripe
  ) throws(Errno) {
    if isShutDown { throw .EIO }
    var failure: Errno?
    do throws(Errno) {
      try writeBack(inode, pages, ledger)
    } catch {
      failure = error
    }
    device.order(ledger)
    // No lock kept the file: by now its number may be another's, whose errors and marks stay.
    inode.invalidateLock.lockShared()
    defer { inode.invalidateLock.unlockShared() }
    let isCurrent = inode.isCurrent(file)
    // Another thread's sync may have taken what this one recorded.
    if let failed = (isCurrent ? inode.takeWritebackError() : nil) ?? failure { throw failed }
    guard isCurrent else { return }
    inode.extentLock.lockExclusive()
    inode.hasUnsyncedMetadata = false
    inode.extentLock.unlockExclusive()
  }

  /// Flushes the dirty entries of a range, each in this order: stores are refused, lines are
  /// written back, the mark is cleared.
  ///
  /// A store that races lands before the flush, or faults and marks the entry again.
  func writeBack(
    _ inode: Inode, _ pages: Range<UInt64>, _ ledger: LedgerStripe
  ) throws(Errno) {
    if inode.entries.isEmpty { return }
    inode.entries.tag(pages)
    var cursor = pages.lowerBound & ~(Entry.hugeCount - 1)
    while let held = inode.entries.holdToWrite(
      from: cursor, in: pages, ledger)
    {
      cursor = held.pages.upperBound
      guard held.entry.hasFrames, device.isAlive else {
        inode.entries.unlock(held.base)
        inode.recordWritebackError(.EIO)
        throw .EIO
      }
      inode.areas.protect(held.pages)
      device.flush(
        held.entry.frame << DAXDevice.pageShift,
        held.entry.frameCount << DAXDevice.pageShift, ledger)
      inode.entries.finishWrite(held.base)
    }
  }
}

extension EntryTree {
  /// Marks the dirty entries of a range for writing.
  func tag(_ pages: Range<UInt64>) {
    lock.lockExclusive()
    defer { lock.unlockExclusive() }
    var cursor = pages.lowerBound & ~(Entry.hugeCount - 1)
    while var found = next(from: cursor, before: pages.upperBound, having: Entry.dirtyBit) {
      cursor = found.pages.upperBound
      if cursor <= pages.lowerBound { continue }
      found.entry.isToWrite = true
      update(found)
    }
  }

  /// The next entry to write, locked and with that mark cleared; one that lost it while this thread
  /// waited is left out.
  ///
  /// A copying fault may give a marked entry another frame meanwhile: the copy has what was stored.
  func holdToWrite(
    from index: UInt64, in pages: Range<UInt64>, _ ledger: LedgerStripe
  ) -> PlacedEntry? {
    lock.lockExclusive()
    defer { lock.unlockExclusive() }
    var cursor = index
    while let found = next(from: cursor, before: pages.upperBound, having: Entry.toWriteBit) {
      if found.pages.upperBound <= pages.lowerBound {
        cursor = found.pages.upperBound
        continue
      }
      var current = found
      while current.entry.isLocked {
        wait(for: current, ledger)
        guard let again = covering(found.base), again.base == found.base,
          again.entry.isHuge == found.entry.isHuge
        else { break }
        current = again
      }
      if current.entry.isLocked || !current.entry.isToWrite {
        wake(found.base, all: false)
        // A huge entry may have been split meanwhile, and its first page be gone: look again.
        let isHuge = covering(found.base)?.entry.isHuge ?? false
        if isHuge == found.entry.isHuge { cursor = found.pages.upperBound }
        continue
      }
      current.entry.isToWrite = false
      return hold(current)
    }
    return nil
  }

  /// A written entry is clean and unlocked; one waiter wakes.
  func finishWrite(_ base: UInt64) {
    lock.lockExclusive()
    if var placed = covering(base) {
      placed.entry.isDirty = false
      placed.entry.isLocked = false
      update(placed)
      wake(base, all: false)
    }
    lock.unlockExclusive()
  }
}
