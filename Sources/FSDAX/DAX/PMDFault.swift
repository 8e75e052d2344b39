internal import HotCore

/// A fault on 2 MiB at once. Source: specification, section 4.4.
///
/// The invalidate lock is held shared.
extension Volume {
  static let hugeByteCount = UInt64(512 * DAXDevice.pageByteCount)

  func pmdFault(_ request: FaultRequest) -> FaultOutcome {
    request.ledger.add(.pmdFaults)
    let inode = request.inode
    let mask = Entry.hugeCount - 1
    let base = request.index & ~mask
    let maximum = (inode.size + UInt64(DAXDevice.pageByteCount - 1)) >> 12
    if let early = pmdEarlyAnswer(request, base, maximum) { return early }
    guard var held = grab(inode, request.index, isHuge: true, request.ledger) else {
      return FaultOutcome(.fallback)
    }
    let outcome =
      request.table.spanSlot(request.page).isTable
      ? FaultOutcome([]) : pmdStep(request, &held, base << 12)
    release(inode, held, hasFailed: outcome.isError && !outcome.flags.contains(.fallback))
    return outcome
  }

  /// What can be said without looking at the file's blocks.
  private func pmdEarlyAnswer(
    _ request: FaultRequest, _ base: UInt64, _ maximum: UInt64
  ) -> FaultOutcome? {
    if !request.table.fitsSpan(request.page) || request.isWrite && request.isPrivate {
      return FaultOutcome(.fallback)
    }
    if base >= maximum { return FaultOutcome(.sigbus) }
    return base + Entry.hugeCount > maximum ? FaultOutcome(.fallback) : nil
  }

  private func pmdStep(
    _ request: FaultRequest, _ held: inout PlacedEntry, _ position: UInt64
  ) -> FaultOutcome {
    let huge = Self.hugeByteCount
    let old = held
    let mappings: MappingPair
    do throws(Errno) {
      mappings = try beginFault(request, position, huge)
    } catch {
      return FaultOutcome(.fallback)
    }
    var outcome = FaultOutcome(.fallback)
    if mappings.usableByteCount(at: position, remaining: huge) >= huge {
      do throws(Errno) {
        outcome = try pmdBody(request, &held, mappings, position)
      } catch {
        outcome = FaultOutcome(error)
      }
    }
    do throws(Errno) {
      try endFault(request, position, huge, mappings, isDone: !outcome.isError)
    } catch {
      if outcome.isError || profile.has(.faultIgnoresEndError) { return outcome }
      restoreEntry(request.inode, &held, to: old)
      return FaultOutcome(error)
    }
    if mapsAfterEnd(request, mappings.target), outcome.isMapped, let frame = outcome.frame {
      return mapSpan(request, AreaSlot(frame: frame, isWritable: true))
    }
    return outcome
  }

  private func pmdBody(
    _ request: FaultRequest, _ held: inout PlacedEntry, _ mappings: MappingPair,
    _ position: UInt64
  ) throws(Errno) -> FaultOutcome {
    let target = mappings.target
    let isShared = target.flags.contains(.shared)
    let isCopy = request.isWrite && isShared
    guard target.type == .mapped || isCopy else {
      let isZero = target.type == .hole || target.type == .unwritten
      guard isZero, !request.isWrite, hasHugeZeroFrame else { return FaultOutcome(.fallback) }
      let change = EntryChange(isWrite: false, isShared: false, isDirty: false)
      insertEntry(request.inode, &held, frame: nil, change)
      return mapSpan(request, .zero)
    }
    let frame = Int(target.pageOffset(at: position))
    guard frame & 511 == 0, isReachable(frame) else { return FaultOutcome(.fallback) }
    let waits = isSynchronous(request, target)
    let change = EntryChange(
      isWrite: request.isWrite, isShared: isShared, isDirty: request.isWrite && !waits)
    let byteCount = Int(Self.hugeByteCount)
    if isCopy, !profile.has(.entryBeforeCopy) {
      request.inode.areas.unmap(held.pages)
      try copyForFault(request, mappings, position, byteCount)
    }
    insertEntry(request.inode, &held, frame: frame, change)
    if isCopy, profile.has(.entryBeforeCopy) {
      try copyForFault(request, mappings, position, byteCount)
    }
    if waits { return FaultOutcome(.needsSync, frame: frame) }
    if mapsAfterEnd(request, target) { return FaultOutcome(.noPage, frame: frame) }
    return mapSpan(request, AreaSlot(frame: frame, isWritable: request.isWrite))
  }

  /// Whether 512 frames are there and none is poisoned.
  private func isReachable(_ frame: Int) -> Bool {
    do throws(Errno) {
      return try device.access(page: frame, count: 512) == 512
    } catch {
      return false
    }
  }

  private func mapSpan(_ request: FaultRequest, _ slot: AreaSlot) -> FaultOutcome {
    let inside = (Int(request.table.address >> 12) + request.page) & 511
    request.table.lock.lockShared()
    _ = request.table.mapSpan(request.page - inside, slot)
    request.table.lock.unlockShared()
    return FaultOutcome(.noPage, frame: slot.isFrame ? slot.frame : nil)
  }
}
