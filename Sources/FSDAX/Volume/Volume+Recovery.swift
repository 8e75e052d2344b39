internal import HotCore

/// What becomes of staging that nobody finishes. Source: specification, section 6.5.
extension Volume {
  /// Does what a mount after a crash does: staging is given back, cached entries are gone, and the
  /// files have the data that was published.
  ///
  /// No operation runs meanwhile. The crash itself loses nothing here: what a real one loses from
  /// the cache is counted by the ledger, not modelled.
  ///
  /// - Returns: Bytes of staging given back.
  /// - Throws: `FSDAXError` with ENXIO when the device is gone.
  @discardableResult
  public func recover() throws(FSDAXError) -> Int {
    guard device.isAlive else { throw FSDAXError(.ENXIO, .mount, nil) }
    var byteCount = 0
    for number in inodes.numbers {
      guard let inode = inodes.inode(number) else { continue }
      inode.ioLock.lockExclusive()
      inode.invalidateLock.lockExclusive()
      deleteEntries(inode, 0..<UInt64.max)
      byteCount += giveBackStaging(of: inode)
      inode.invalidateLock.unlockExclusive()
      inode.ioLock.unlockExclusive()
    }
    isInterrupted = false
    isShutDown = false
    return byteCount
  }

  /// Gives back staging that no operation uses, as the background reclaim does for idle files.
  ///
  /// - Returns: Bytes given back. Files with cached entries keep theirs.
  @discardableResult
  public func reclaimStaging() -> Int {
    var byteCount = 0
    for number in inodes.numbers {
      guard let inode = inodes.inode(number) else { continue }
      inode.ioLock.lockExclusive()
      inode.invalidateLock.lockExclusive()
      if inode.entries.isEmpty { byteCount += giveBackStaging(of: inode) }
      inode.invalidateLock.unlockExclusive()
      inode.ioLock.unlockExclusive()
    }
    return byteCount
  }

  private func giveBackStaging(of inode: Inode) -> Int {
    inode.extentLock.lockExclusive()
    defer { inode.extentLock.unlockExclusive() }
    var blockCount = 0
    var next: UInt64 = 0
    while let extent = inode.cow.extent(atOrAfter: next) {
      if extent.state != .delayed { blockCount += Int(extent.count) }
      next = extent.end
    }
    cancelStaging(inode, BlockRange(0..<UInt64.max), ledgers.mine)
    return blockCount << DAXDevice.pageShift
  }
}
