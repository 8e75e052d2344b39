internal import HotCore

extension Volume {
  /// Handles a fault on a page of a mapping.
  ///
  /// Source: specification, sections 4.3 and 4.4.
  ///
  /// - Parameters:
  ///   - area: The mapping.
  ///   - page: The page, counted from the mapping's first.
  ///   - isWrite: Whether a store faulted.
  ///   - order: 0 for 4 KiB, 9 for 2 MiB; others fall back.
  /// - Returns: What it came to; SIGBUS also for a page outside the mapping, a store that it does
  ///   not allow, or a mapping of another volume.
  public func fault(
    _ area: VirtualArea, page: Int, isWrite: Bool, order: Int = 0
  ) -> FaultOutcome {
    guard page >= 0, page < area.pageCount, area.isWritable || !isWrite, area.volume === self
    else { return FaultOutcome(.sigbus) }
    let request = FaultRequest(
      inode: area.inode, table: area.table, page: page, index: UInt64(area.filePage + page),
      isWrite: isWrite, isPrivate: area.isPrivate, isSynchronous: area.isSynchronous,
      ledger: ledgers.mine)
    let isHuge = order == 9
    let reach = isHuge ? Entry.hugeCount - 1 : 0
    let isAlone = enterFault(
      request.inode, request.index & ~reach...request.index | reach,
      isWrite: isWrite && !area.isPrivate)
    defer { request.inode.unlockAfterFault(isExclusive: isAlone) }
    guard request.inode.isLive, request.inode.generation == area.file.generation else {
      return FaultOutcome(.sigbus)
    }
    var outcome =
      isHuge ? pmdFault(request) : order == 0 ? pteFault(request) : FaultOutcome(.fallback)
    if outcome.flags.contains(.fallback) {
      request.ledger.add(.fallbacks)
      splitHuge(request)
    } else if outcome.flags.contains(.major) {
      request.ledger.add(.majorFaults)
    } else if !outcome.isError {
      request.ledger.add(.minorFaults)
    }
    if outcome.isError { outcome.frame = nil }
    return outcome
  }

  /// Takes the invalidate lock beside other faults, when no copying write is at work there; alone
  /// for a write while a clone shares the file's blocks.
  ///
  /// - Returns: Whether it was taken alone.
  @inline(__always)
  func enterFault(
    _ inode: Inode, _ pages: ClosedRange<UInt64>, isWrite: Bool
  ) -> Bool {
    while true {
      let isAlone = inode.lockForFault(isWrite: isWrite)
      if !inode.writeFence.covers(pages) { return isAlone }
      inode.unlockAfterFault(isExclusive: isAlone)
      inode.ioLock.lockShared()
      inode.ioLock.unlockShared()
    }
  }

  /// A huge mapping of the faulting page goes, so that small pages can take its place.
  private func splitHuge(_ request: FaultRequest) {
    request.table.lock.lockExclusive()
    defer { request.table.lock.unlockExclusive() }
    let slot = request.table.spanSlot(request.page)
    if slot.isFrame || slot.isZero {
      request.table.clear(request.page..<request.page + 1, dropsCopies: false)
    }
  }

  /// One step of the iomap protocol, as a fault takes it: begin.
  @inline(__always)
  func beginFault(
    _ request: FaultRequest, _ position: UInt64, _ byteCount: UInt64
  ) throws(Errno) -> MappingPair {
    do throws(Errno) {
      let mappings = try begin(
        request.inode, position: position, byteCount: byteCount, request.operation,
        request.ledger)
      request.ledger.add(.begins)
      return mappings
    } catch {
      request.ledger.add(.failedBegins)
      throw error
    }
  }

  /// The step's end; nothing written undoes what begin prepared.
  ///
  /// Hazard H14 loses its error.
  @inline(__always)
  func endFault(
    _ request: FaultRequest, _ position: UInt64, _ byteCount: UInt64, _ mappings: MappingPair,
    isDone: Bool
  ) throws(Errno) {
    request.ledger.add(.ends)
    let usable = mappings.usableByteCount(at: position, remaining: byteCount)
    try end(
      request.inode, position: position, byteCount: usable,
      writtenByteCount: isDone ? byteCount : 0, request.operation, request.ledger)
  }
}
