internal import HotCore

/// A fault on one page. Source: specification, section 4.3. The invalidate lock is held shared.
extension Volume {
  @inline(__always)
  func pteFault(_ request: FaultRequest) -> FaultOutcome {
    let inode = request.inode
    request.ledger.add(.pteFaults)
    let position = request.index << 12
    guard position < inode.size else { return FaultOutcome(.sigbus) }
    guard var held = grab(inode, request.index, isHuge: false, request.ledger) else {
      return FaultOutcome(.fallback)
    }
    let outcome = pteStep(request, &held, position)
    release(inode, held, hasFailed: outcome.isError)
    return outcome
  }

  /// Begin, body, end, with the entry locked.
  @inline(__always)
  private func pteStep(
    _ request: FaultRequest, _ held: inout PlacedEntry, _ position: UInt64
  ) -> FaultOutcome {
    let page = UInt64(DAXDevice.pageByteCount)
    let span = request.table.spanSlot(request.page)
    if span.isFrame || span.isZero { return FaultOutcome(.noPage) }
    let old = held
    do throws(Errno) {
      let mappings = try beginFault(request, position, page)
      var outcome = FaultOutcome(.sigbus)
      do throws(Errno) {
        if mappings.usableByteCount(at: position, remaining: page) < page { throw .EIO }
        outcome = try pteBody(request, &held, mappings, position)
      } catch {
        outcome = FaultOutcome(error)
      }
      if !outcome.flags.contains(.sigbus), mappings.target.flags.contains(.new) {
        outcome.flags.insert(.major)
      }
      do throws(Errno) {
        try endFault(request, position, page, mappings, isDone: !outcome.isError)
      } catch {
        if outcome.isError || profile.has(.faultIgnoresEndError) { return outcome }
        restoreEntry(request.inode, &held, to: old)
        return FaultOutcome(error)
      }
      if mapsAfterEnd(request, mappings.target), outcome.isMapped, let frame = outcome.frame {
        mapPage(request, AreaSlot(frame: frame, isWritable: true))
      }
      return outcome
    } catch {
      return FaultOutcome(error)
    }
  }

  /// The table of section 4.3.
  @inline(__always)
  private func pteBody(
    _ request: FaultRequest, _ held: inout PlacedEntry, _ mappings: MappingPair,
    _ position: UInt64
  ) throws(Errno) -> FaultOutcome {
    let target = mappings.target
    if request.isWrite && request.isPrivate { return try privateCopy(request, target, position) }
    let isShared = target.flags.contains(.shared)
    let isCopy = request.isWrite && isShared
    guard target.type == .mapped || isCopy else {
      guard !request.isWrite, target.type == .hole || target.type == .unwritten else {
        throw .EIO
      }
      let change = EntryChange(isWrite: false, isShared: false, isDirty: false)
      insertEntry(request.inode, &held, frame: nil, change)
      mapPage(request, .zero)
      return FaultOutcome(.noPage)
    }
    let frame = Int(target.pageOffset(at: position))
    _ = try device.access(page: frame, count: 1)
    let waits = isSynchronous(request, target)
    let change = EntryChange(
      isWrite: request.isWrite, isShared: isShared, isDirty: request.isWrite && !waits)
    if isShared, held.entry.isHuge { splitEntry(request.inode, &held, at: request.index) }
    if isCopy, !profile.has(.entryBeforeCopy) {
      // Nobody stores into the old frame while it is copied.
      request.inode.areas.unmap(held.pages)
      try copyForFault(request, mappings, position, DAXDevice.pageByteCount)
    }
    insertEntry(request.inode, &held, frame: frame, change)
    if isCopy, profile.has(.entryBeforeCopy) {
      try copyForFault(request, mappings, position, DAXDevice.pageByteCount)
    }
    if waits { return FaultOutcome(.needsSync, frame: frame) }
    if !mapsAfterEnd(request, target) {
      mapPage(request, AreaSlot(frame: frame, isWritable: request.isWrite))
    }
    return FaultOutcome(.noPage, frame: frame)
  }

  @inline(__always)
  private func mapPage(_ request: FaultRequest, _ slot: AreaSlot) {
    request.table.lock.lockShared()
    request.table.map(request.page, slot)
    request.table.lock.unlockShared()
  }

  /// A store into a private mapping: a page of the mapping's own, and the file stays as it is.
  private func privateCopy(
    _ request: FaultRequest, _ target: Mapping, _ position: UInt64
  ) throws(Errno) -> FaultOutcome {
    let byteCount = DAXDevice.pageByteCount
    let source: Int?
    switch target.type {
    case .hole, .unwritten: source = nil
    case .mapped:
      let frame = Int(target.pageOffset(at: position))
      _ = try device.access(page: frame, count: 1)
      source = frame << DAXDevice.pageShift
    case .delayedAllocation, .inline: throw .EIO
    }
    let page = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: byteCount)
    // SAFETY: the page is new, and belongs to the mapping from here on.
    if let source {
      unsafe device.routines.plain(page, device.base + source, byteCount)
      request.ledger.add(.privateBytesCopied, byteCount)
    } else {
      unsafe page.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }
    mapPage(request, AreaSlot(anonymous: UInt(bitPattern: page)))
    return FaultOutcome(.doneCopy)
  }
}
