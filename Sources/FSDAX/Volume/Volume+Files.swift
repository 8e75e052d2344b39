internal import HotCore

/// What a file is asked besides its bytes, and how it grows, shrinks and goes.
extension Volume {
  /// Bytes of a file.
  ///
  /// - Parameter file: The file.
  /// - Returns: Its size.
  /// - Throws: `FSDAXError` with ENOENT.
  public func size(of file: FileID) throws(FSDAXError) -> Int {
    try looking(file) { Int($0.size) }
  }

  /// What a file is, with the times of its last changes.
  ///
  /// - Parameter file: The file.
  /// - Returns: A copy.
  /// - Throws: `FSDAXError` with ENOENT.
  public func attributes(of file: FileID) throws(FSDAXError) -> FileAttributes {
    try looking(file) { $0.attributes }
  }

  /// Changes what a file is; its times stay.
  ///
  /// Waits for faults under way, which go by it.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - change: Edits the attributes.
  /// - Throws: `FSDAXError` with ENOENT; with EINVAL on Btrfs where the change would begin or end
  ///   checksums of a file that has blocks.
  public func setAttributes(
    of file: FileID, _ change: (inout FileAttributes) -> Void
  ) throws(FSDAXError) {
    do throws(Errno) {
      let inode = try inode(file)
      inode.ioLock.lockExclusive()
      defer { inode.ioLock.unlockExclusive() }
      // A fault ends by the rules it began with: blocks of its own are the file's only then.
      inode.invalidateLock.lockExclusive()
      defer { inode.invalidateLock.unlockExclusive() }
      try inode.check(file)
      let old = inode.attributes
      change(&inode.attributes)
      if !mayChange(inode, from: old) {
        inode.attributes = old
        throw .EINVAL
      }
      inode.publishHints()
    } catch {
      throw FSDAXError(error, .open, file)
    }
  }

  /// Sets a file's size: bytes behind it are gone, new ones read zero.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - size: Bytes.
  /// - Throws: `FSDAXError`: EINVAL for a negative size, EFBIG, ENOENT, EISDIR, EIO, ENOSPC.
  public func truncate(_ file: FileID, to size: Int) throws(FSDAXError) {
    try changing(file, .truncate, size) { inode, ledger throws(Errno) in
      guard size >= 0 else { throw .EINVAL }
      guard size <= options.maximumFileByteCount else { throw .EFBIG }
      let old = inode.size
      let new = UInt64(size)
      if new < old { try breakLayouts(inode, new, old - new, ledger) }
      if new > old {
        _ = try zeroRange(inode, old, new - old, ledger)
      } else {
        _ = try truncatePage(inode, new, ledger)
      }
      inode.size = new
      // Also at the same size: blocks that an allocation or a write reserved behind the end go.
      if new <= old {
        let mask = UInt64(DAXDevice.pageByteCount - 1)
        let first = (new + mask) >> UInt64(DAXDevice.pageShift)
        deleteEntries(inode, first..<UInt64.max)
        removeBlocks(inode, first..<UInt64.max, ledger)
        releaseMaps(inode, from: first)
      }
    }
  }

  /// Makes a hole of the whole blocks of a range, and zeroes the rest of it.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte.
  ///   - byteCount: Bytes; the size of the file stays.
  /// - Throws: `FSDAXError`: EINVAL, ENOENT, EISDIR, EIO, ENOSPC.
  public func punch(_ file: FileID, at position: Int, byteCount: Int) throws(FSDAXError) {
    try changing(file, .punch, position) { inode, ledger throws(Errno) in
      guard position >= 0, byteCount > 0, position <= Int.max - byteCount else { throw .EINVAL }
      let start = UInt64(position)
      // Behind the end there is nothing to zero; blocks there go like any others. One in which the
      // range ends stays, zeroed, also where the rest of it lies behind the file's end.
      let end = UInt64(position + byteCount)
      let mask = UInt64(DAXDevice.pageByteCount - 1)
      try breakLayouts(inode, start, UInt64(byteCount), ledger)
      let first = (start + mask) & ~mask
      let last = end & ~mask
      guard first < last else {
        _ = try zeroRange(inode, start, min(end, max(inode.size, start)) - start, ledger)
        return
      }
      for (from, to) in [(start, min(first, inode.size)), (last, min(end, inode.size))]
      where from < to { _ = try zeroRange(inode, from, to - from, ledger) }
      let blocks = first >> 12..<last >> 12
      deleteEntries(inode, blocks)
      removeBlocks(inode, blocks, ledger)
    }
  }

  /// Reserves blocks for the holes of a range, unwritten: they read zero.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte.
  ///   - byteCount: Bytes; the file grows to hold them.
  /// - Throws: `FSDAXError`: EINVAL, EFBIG, ENOENT, EISDIR, ENOSPC. A prefix may be reserved.
  public func allocate(_ file: FileID, at position: Int, byteCount: Int) throws(FSDAXError) {
    try changing(file, .allocate, position) { inode, ledger throws(Errno) in
      guard position >= 0, byteCount > 0 else { throw .EINVAL }
      guard position <= options.maximumFileByteCount - byteCount else { throw .EFBIG }
      let range = BlockRange(position: UInt64(position), byteCount: UInt64(byteCount))
      try reserveUnwritten(inode, range, ledger)
      let end = UInt64(position + byteCount)
      if end > inode.size {
        _ = try zeroRange(inode, inode.size, end - inode.size, ledger)
        inode.size = end
      }
    }
  }

  private func reserveUnwritten(
    _ inode: Inode, _ range: BlockRange, _ ledger: LedgerStripe
  ) throws(Errno) {
    inode.extentLock.lockExclusive()
    defer { inode.extentLock.unlockExclusive() }
    var cursor = range.first
    while cursor < range.end {
      let next = inode.data.extent(atOrAfter: cursor, limit: range.end)
      if let next, next.first <= cursor {
        cursor = next.end
        continue
      }
      let end = min(next?.first ?? .max, range.end)
      let count = Int(min(end - cursor, 1 << 20))
      let taken = try take(inode, cursor, count, wantsHuge: true, ledger)
      let extent = Extent(
        first: cursor, device: taken.lowerBound, count: UInt32(taken.count), state: .unwritten)
      inode.data.insert(extent)
      publish(extent, of: inode, ledger)
      inode.hasUnsyncedMetadata = true
      cursor = extent.end
    }
  }

  /// Removes a file; its blocks are free unless others share them.
  ///
  /// Waits for pinned frames as truncation does; what was stored is not written back.
  ///
  /// - Parameter file: The file.
  /// - Throws: `FSDAXError`: ENOENT; EINTR where the wait was interrupted, and the file stays.
  public func remove(_ file: FileID) throws(FSDAXError) {
    do throws(Errno) {
      let inode = try inode(file)
      inode.ioLock.lockExclusive()
      inode.invalidateLock.lockExclusive()
      defer {
        inode.invalidateLock.unlockExclusive()
        inode.ioLock.unlockExclusive()
      }
      try inode.check(file)
      if !inode.entries.isEmpty { try unmapUnpinned(inode, 0..<UInt64.max) }
      deleteEntries(inode, 0..<UInt64.max)
      removeBlocks(inode, 0..<UInt64.max, ledgers.mine)
      forgetMetadata(of: inode)
      inode.size = 0
      inode.isLive = false
      inodes.giveBack(inode)
    } catch {
      throw FSDAXError(error, .open, file)
    }
  }

  /// What a removed file's blocks leave behind; a sync that began before may be at work still.
  private func forgetMetadata(of inode: Inode) {
    inode.extentLock.lockExclusive()
    inode.isReflink = false
    inode.hasUnsyncedMetadata = false
    inode.extentLock.unlockExclusive()
  }

  /// Ends a file's references to blocks, and its staging there.
  func removeBlocks(_ inode: Inode, _ blocks: Range<UInt64>, _ ledger: LedgerStripe) {
    inode.extentLock.lockExclusive()
    defer { inode.extentLock.unlockExclusive() }
    cancelStaging(inode, BlockRange(blocks), ledger)
    // Each search goes on where the last extent ended: what lies before is a hole by now.
    var first = blocks.lowerBound
    while let extent = inode.data.removeFirst(in: first..<blocks.upperBound) {
      first = extent.end
      if extent.state != .delayed { release(extent, of: inode, ledger) }
      inode.hasUnsyncedMetadata = true
    }
  }

  /// Gives back the memory of a file's maps from a block on, where nothing is mapped.
  ///
  /// A removed file leaves its memory to the next one of its number: a clone of 64 MiB into a file
  /// that has to make it anew took 24 us instead of 20.
  private func releaseMaps(_ inode: Inode, from block: UInt64) {
    inode.extentLock.lockExclusive()
    defer { inode.extentLock.unlockExclusive() }
    inode.data.release(from: block)
    inode.cow.release(from: block)
  }
}
