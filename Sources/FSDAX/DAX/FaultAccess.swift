internal import HotCore

extension Volume {
  /// Loads bytes through a mapping, with the faults that takes, as a program's instructions do.
  ///
  /// - Parameters:
  ///   - area: The mapping.
  ///   - offset: The first byte, counted from the mapping's.
  ///   - span: Where bytes go.
  ///   - order: The order of the faults; 9 falls back to 0.
  /// - Throws: `FSDAXError`: EINVAL outside the mapping and for one of another volume, EIO for
  ///   SIGBUS, EHWPOISON, ENOMEM. Bytes before the failing page were loaded.
  public func load(
    _ area: VirtualArea, at offset: Int, into span: inout MutableRawSpan, order: Int = 0
  ) throws(FSDAXError) {
    // SAFETY: the span's bytes are borrowed for the call, and pages are pieces of it.
    try unsafe span.withUnsafeMutableBytes { buffer throws(FSDAXError) in
      let target = buffer.baseAddress
      unsafe try access(area, offset, buffer.count, isWrite: false, order) { page, done, count in
        unsafe target?.advanced(by: done).copyMemory(from: page, byteCount: count)
      }
    }
  }

  /// Stores bytes through a mapping; see `load`.
  ///
  /// - Parameters:
  ///   - area: The mapping.
  ///   - offset: The first byte, counted from the mapping's.
  ///   - bytes: What to store.
  ///   - order: The order of the faults; 9 falls back to 0.
  /// - Throws: `FSDAXError` as `load`; EINVAL also for a mapping that allows no stores.
  public func store(
    _ area: VirtualArea, at offset: Int, _ bytes: RawSpan, order: Int = 0
  ) throws(FSDAXError) {
    // SAFETY: as above.
    try unsafe bytes.withUnsafeBytes { buffer throws(FSDAXError) in
      guard let source = buffer.baseAddress else { return }
      unsafe try access(area, offset, buffer.count, isWrite: true, order) { page, done, count in
        unsafe page.copyMemory(from: source + done, byteCount: count)
      }
    }
  }

  /// Page by page: waits until the page allows it, then touches it with the table's lock held, so
  /// that it cannot be taken away meanwhile.
  @unsafe private func access(
    _ area: VirtualArea, _ offset: Int, _ byteCount: Int, isWrite: Bool, _ order: Int,
    _ body: (UnsafeMutableRawPointer, Int, Int) -> Void
  ) throws(FSDAXError) {
    guard area.volume === self, offset >= 0, byteCount >= 0,
      offset <= area.pageCount << 12 - byteCount, area.isWritable || !isWrite
    else { throw FSDAXError(.EINVAL, .fault, area.file, position: offset) }
    var done = 0
    while done < byteCount {
      let page = (offset + done) >> 12
      let inside = (offset + done) & 4095
      let count = min(4096 - inside, byteCount - done)
      do throws(Errno) {
        while true {
          let isTouched = unsafe try touch(area, page, inside, count, isWrite: isWrite) {
            unsafe body($0, done, count)
          }
          if isTouched { break }
          try resolve(area, page, isWrite: isWrite, order)
        }
      } catch {
        throw FSDAXError(error, .fault, area.file, position: offset + done)
      }
      done += count
    }
  }

  /// Runs the body on a page's bytes; false where it is not mapped for that.
  @unsafe private func touch(
    _ area: VirtualArea, _ page: Int, _ inside: Int, _ count: Int, isWrite: Bool,
    _ body: (UnsafeMutableRawPointer) -> Void
  ) throws(Errno) -> Bool {
    area.table.lock.lockShared()
    defer { area.table.lock.unlockShared() }
    let slot = area.table.slot(page)
    if slot.isNone || isWrite && !slot.isWritable { return false }
    // SAFETY: the mapping is this volume's, so a mapped frame lies on the device; a private page
    // lies in its allocation. Both stay while the lock is held, and `inside + count` is at most a
    // page.
    if slot.isAnonymous, let start = unsafe UnsafeMutableRawPointer(bitPattern: slot.address) {
      unsafe body(start + inside)
    } else if slot.isFrame {
      let first = slot.frame << DAXDevice.pageShift + inside
      if device.badBlocks.firstByte(in: first..<first + count) != nil { throw .EIO }
      unsafe body(device.base + first)
    } else {
      unsafe withZeroPage { unsafe body($0) }
    }
    return true
  }

  /// A page of zeros, to load from.
  @unsafe private func withZeroPage(_ body: (UnsafeMutableRawPointer) -> Void) {
    unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 64) { buffer in
      // SAFETY: the buffer is this call's own, and has 4096 bytes.
      guard let start = buffer.baseAddress else { return }
      unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
      unsafe body(start)
    }
  }

  /// Faults as the memory manager does: huge where asked for or mapped so, then small.
  func resolve(
    _ area: VirtualArea, _ page: Int, isWrite: Bool, _ order: Int
  ) throws(Errno) {
    let span = area.table.spanSlot(page)
    var order = order == 9 || span.isFrame || span.isZero ? 9 : 0
    var outcome = fault(area, page: page, isWrite: isWrite, order: order)
    if order == 9, outcome.flags.contains(.fallback) || outcome.flags.isEmpty {
      order = 0
      outcome = fault(area, page: page, isWrite: isWrite)
    }
    if outcome.flags.contains(.needsSync) {
      outcome = finishSynchronousFault(area, page: page, outcome, order: order)
    }
    if outcome.flags.contains(.hwPoison) { throw .EHWPOISON }
    if outcome.flags.contains(.outOfMemory) { throw .ENOMEM }
    if outcome.isError { throw .EIO }
  }
}
