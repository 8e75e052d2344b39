internal import HotCore

extension Volume {
  /// Finishes a fault that answered `needsSync`: makes its metadata durable, then maps the page.
  ///
  /// Source: specification, section 4.7.
  ///
  /// - Parameters:
  ///   - area: The mapping.
  ///   - page: The page that faulted.
  ///   - outcome: What the fault answered.
  ///   - order: The fault's order.
  /// - Returns: `noPage`, mapped or to be tried again; SIGBUS where the sync failed or the volume
  ///   is shut down, and for an outcome that no fault of this order on this mapping can have.
  public func finishSynchronousFault(
    _ area: VirtualArea, page: Int, _ outcome: FaultOutcome, order: Int = 0
  ) -> FaultOutcome {
    guard page >= 0, page < area.pageCount, area.volume === self, let frame = outcome.frame,
      outcome.flags.contains(.needsSync), area.isWritable, area.isSynchronous, area.isShared,
      order == 0 || order == 9 && frame & 511 == 0 && area.table.fitsSpan(page)
    else { return FaultOutcome(.sigbus) }
    let isHuge = order == 9
    let inode = area.inode
    let index = UInt64(area.filePage + page)
    let base = isHuge ? index & ~(Entry.hugeCount - 1) : index
    let ledger = ledgers.mine
    do throws(Errno) {
      try syncRange(
        inode, area.file, base..<base + (isHuge ? Entry.hugeCount : 1), ledger)
    } catch {
      return FaultOutcome(.sigbus)
    }
    let reach = isHuge ? Entry.hugeCount - 1 : 0
    let isAlone = enterFault(inode, index & ~reach...index | reach, isWrite: true)
    defer { inode.unlockAfterFault(isExclusive: isAlone) }
    guard inode.isLive, inode.generation == area.file.generation, !isShutDown else {
      return FaultOutcome(.sigbus)
    }
    guard let held = holdSame(inode, index, frame, isHuge: isHuge, ledger) else {
      return FaultOutcome(.noPage)
    }
    area.table.lock.lockShared()
    let slot = AreaSlot(frame: frame, isWritable: true)
    if isHuge {
      let inside = (area.address >> 12 + page) & 511
      _ = area.table.mapSpan(page - inside, slot)
    } else {
      area.table.map(page, slot)
    }
    area.table.lock.unlockShared()
    inode.entries.unlock(held.base)
    return FaultOutcome(.noPage, frame: frame)
  }

  /// The entry of a frame, dirty and locked, if it is still there as the fault left it.
  ///
  /// A clone may have shared the frame since: then the store must fault again, and copy.
  private func holdSame(
    _ inode: Inode, _ index: UInt64, _ frame: Int, isHuge: Bool, _ ledger: LedgerStripe
  ) -> PlacedEntry? {
    inode.entries.lock.lockExclusive()
    defer { inode.entries.lock.unlockExclusive() }
    while var found = inode.entries.covering(index) {
      if found.entry.isLocked {
        inode.entries.wait(for: found, ledger)
        continue
      }
      let first = found.entry.frame + (isHuge ? 0 : Int(index - found.base))
      // The frame is the caller's word until an entry has it.
      guard found.entry.hasFrames, found.entry.isHuge || !isHuge, first == frame,
        firstShared(in: UInt32(frame)..<UInt32(frame + (isHuge ? 512 : 1))) == nil
      else {
        // Whoever waits behind this thread has its turn.
        inode.entries.wake(found.base, all: false)
        return nil
      }
      found.entry.isDirty = true
      return inode.entries.hold(found)
    }
    return nil
  }
}
