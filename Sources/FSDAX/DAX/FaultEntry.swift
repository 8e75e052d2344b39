internal import HotCore

extension Volume {
  /// Finds or makes the entry for a fault and locks it; nil where smaller entries are in the way of
  /// a huge one.
  ///
  /// Source: specification, section 4.2.
  @inline(__always)
  func grab(
    _ inode: Inode, _ index: UInt64, isHuge: Bool, _ ledger: LedgerStripe
  ) -> PlacedEntry? {
    inode.entries.lock.lockExclusive()
    defer { inode.entries.lock.unlockExclusive() }
    while true {
      if isHuge, inode.entries.hasSmallEntries(around: index) { return nil }
      guard let found = inode.entries.covering(index) else {
        let base = isHuge ? index & ~(Entry.hugeCount - 1) : index
        let made = PlacedEntry(base: base, entry: Entry(lockedEmpty: isHuge))
        inode.entries.insert(made)
        return made
      }
      if found.entry.isLocked {
        inode.entries.wait(for: found, ledger)
      } else if found.entry.isHuge, !isHuge, !found.entry.hasFrames {
        downgrade(inode, found)
      } else {
        return inode.entries.hold(found)
      }
    }
  }

  /// Takes a huge entry without frames away for small ones.
  ///
  /// The tree's lock is held, and given up while mappings are changed.
  private func downgrade(_ inode: Inode, _ found: PlacedEntry) {
    let held = inode.entries.hold(found)
    if held.entry.isZero {
      inode.entries.lock.unlockExclusive()
      inode.areas.unmap(held.pages)
      inode.entries.lock.lockExclusive()
    }
    inode.entries.remove(held)
    inode.entries.wake(held.base, all: true)
  }

  /// What a fault wants of its entry.
  struct EntryChange {
    let isWrite: Bool
    let isShared: Bool
    let isDirty: Bool
  }

  /// Makes a locked entry stand for what a fault found: a frame, or zeros.
  ///
  /// Source: section 4.5.
  @inline(__always)
  func insertEntry(
    _ inode: Inode, _ held: inout PlacedEntry, frame: Int?, _ change: EntryChange
  ) {
    let old = held
    if change.isShared || old.entry.isZero && frame != nil { inode.areas.unmap(old.pages) }
    let isReplaced = change.isShared || !old.entry.hasFrames
    var entry = old.entry
    if isReplaced {
      entry =
        frame.map { Entry(lockedFrame: $0, isHuge: old.entry.isHuge) }
        ?? Entry(lockedZero: old.entry.isHuge)
      if old.entry.hasFrames { frames.disassociate(old, inode: inode.number) }
      frames.associate(
        PlacedEntry(base: old.base, entry: entry), inode: inode.number, isShared: change.isShared)
    }
    inode.entries.lock.lockExclusive()
    // Marks belong to the index, and a writeback may have set one meanwhile.
    let marked = inode.entries.covering(old.base)?.entry ?? old.entry
    entry = entry.marked(as: marked)
    if change.isDirty { entry.isDirty = true }
    if change.isWrite && change.isShared { entry.isToWrite = true }
    held.entry = entry
    inode.entries.update(held)
    inode.entries.lock.unlockExclusive()
  }

  /// A change of one page under a huge entry with frames: the entry becomes 512 small ones, and the
  /// one at the index is locked in its place.
  ///
  /// The kernel replaces or removes the huge entry, and forgets the other 511 pages.
  func splitEntry(_ inode: Inode, _ held: inout PlacedEntry, at index: UInt64) {
    inode.areas.unmap(held.pages)
    inode.entries.lock.lockExclusive()
    if let current = inode.entries.covering(held.base) {
      inode.entries.split(current)
      inode.entries.wake(held.base, all: true)
      if let piece = inode.entries.covering(index) { held = inode.entries.hold(piece) }
    }
    inode.entries.lock.unlockExclusive()
  }

  /// Makes a locked entry stand again for the frames it had before a fault that failed, or for
  /// nothing.
  ///
  /// Its marks stay: nobody has written back what was stored in those frames.
  func restoreEntry(_ inode: Inode, _ held: inout PlacedEntry, to old: PlacedEntry) {
    inode.areas.unmap(held.pages)
    frames.disassociate(held, inode: inode.number)
    var entry = Entry(lockedEmpty: held.entry.isHuge)
    if old.entry.hasFrames {
      // A huge entry may have been split since.
      let frame = old.entry.frame + Int(held.base - old.base)
      entry = Entry(lockedFrame: frame, isHuge: held.entry.isHuge)
      frames.associate(
        PlacedEntry(base: held.base, entry: entry), inode: inode.number, isShared: true)
    }
    inode.entries.lock.lockExclusive()
    let marked = inode.entries.covering(held.base)?.entry ?? held.entry
    held.entry = entry.hasFrames ? entry.marked(as: marked) : entry
    inode.entries.update(held)
    inode.entries.lock.unlockExclusive()
  }

  /// Gives a fault's entry back; a placeholder that came to nothing goes.
  @inline(__always)
  func release(_ inode: Inode, _ held: PlacedEntry, hasFailed: Bool) {
    if hasFailed, held.entry.isEmpty {
      inode.entries.discard(held)
    } else {
      inode.entries.unlock(held.base)
    }
  }

  /// Fills new blocks for a fault from the old ones.
  ///
  /// Source: section 2.3.
  ///
  /// The copy stays in the cache: the entry's marks have it written back later.
  func copyForFault(
    _ request: FaultRequest, _ mappings: MappingPair, _ position: UInt64, _ byteCount: Int
  ) throws(Errno) {
    request.ledger.add(.cowFaults)
    let target = Int(mappings.target.deviceByte(at: position))
    switch OldBlock(mappings, page: position) {
    case .zeros:
      device.zero(target, byteCount, counting: .faultBytesZeroed, request.ledger)
      device.flush(target, byteCount, request.ledger)
    case .data(let source):
      try device.copy(
        target, source, byteCount, isDurable: false, counting: .faultBytesCopied, request.ledger)
    }
  }

  /// Whether a copied page is shown only after `end`, when its blocks are the file's.
  ///
  /// Upstream shows it before, and so cannot take an error of `end` back (hazard H14): stores go to
  /// blocks that `read` does not see yet, or never will.
  @inline(__always)
  func mapsAfterEnd(_ request: FaultRequest, _ target: Mapping) -> Bool {
    request.isWrite && !request.isPrivate && target.flags.contains(.shared)
      && !profile.has(.faultIgnoresEndError)
  }

  /// Whether a fault has to wait for its metadata.
  ///
  /// Upstream forgets copies (hazard H5).
  @inline(__always)
  func isSynchronous(_ request: FaultRequest, _ target: Mapping) -> Bool {
    guard request.isSynchronous, request.isWrite else { return false }
    return target.flags.contains(.dirty)
      || target.flags.contains(.shared) && !profile.has(.asynchronousCopyFault)
  }
}
