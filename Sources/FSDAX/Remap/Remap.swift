internal import HotCore

/// The filesystem's part of clone and dedupe: checks, locks, preparation, and the loop.
extension Volume {
  /// Lets two files share the blocks of a range, as far as it goes.
  ///
  /// - Parameters:
  ///   - request: The ranges; entry checks are done.
  ///   - caller: Whose limits count.
  /// - Returns: Bytes remapped.
  /// - Throws: Why nothing, or without leave to shorten not all, was remapped. Extents already
  ///   remapped stay so.
  func remap(_ request: RemapRequest, for caller: Caller) throws(Errno) -> Int {
    let ledger = ledgers.mine
    let (source, target) = (request.sourceInode, request.targetInode)
    var request = request
    var locks = try RemapLocks(source: source, target: target, self, ledger)
    defer { locks.unlock() }
    guard source.isCurrent(request.source.file), target.isCurrent(request.target.file) else {
      throw .EBADF
    }
    try checkFilesystem(source, target, isDedupe: request.isDedupe)
    try prepareRemap(&request, for: caller, ledger)
    if request.byteCount == 0 { return 0 }

    let targetSize = target.size
    if request.targetPosition > targetSize {
      _ = try zeroRange(target, targetSize, request.targetPosition - targetSize, ledger)
    }
    markReflink(source)
    markReflink(target)
    deleteEntries(target, request.targetBlocks)
    locks.demoteSource()
    let (done, error) = remapPieces(request, ledger)
    carryHint(request, targetSize: targetSize, done: done)
    if target.attributes.isSynchronous || source.attributes.isSynchronous {
      forceLog(target, ledger)
    }
    if let error, done < request.byteCount, done == 0 || !request.canShorten { throw error }
    return Int(done)
  }

  /// A dedupe goes in the filesystem's pieces, all of it compared before the first.
  private func remapPieces(
    _ request: RemapRequest, _ ledger: LedgerStripe
  ) -> (UInt64, Errno?) {
    if !request.isDedupe { return remapExtents(request, ledger) }
    var done: UInt64 = 0
    for piece in dedupeChunks(byteCount: Int(request.byteCount)) {
      let (remapped, error) = remapExtents(request.part(piece), ledger)
      done += remapped
      if let error { return (done, error) }
    }
    return (done, nil)
  }

  private func markReflink(_ inode: Inode) {
    inode.extentLock.lockShared()
    let isMarked = inode.isReflink
    inode.extentLock.unlockShared()
    if isMarked { return }
    inode.extentLock.lockExclusive()
    inode.isReflink = true
    inode.hasUnsyncedMetadata = true
    inode.extentLock.unlockExclusive()
  }

  /// Only a clone of a whole file over all of another hands on the copy-on-write hint.
  private func carryHint(_ request: RemapRequest, targetSize: UInt64, done: UInt64) {
    let (source, target) = (request.sourceInode, request.targetInode)
    guard !request.isDedupe, request.sourcePosition == 0, request.targetPosition == 0,
      done == source.size, done >= targetSize, source.attributes.cowExtentHint != 0,
      target.attributes.cowExtentHint == 0
    else { return }
    target.attributes.cowExtentHint = source.attributes.cowExtentHint
    target.publishHints()
  }

  /// Makes the extents of a file durable, as a synchronous file asks for with each change.
  private func forceLog(_ inode: Inode, _ ledger: LedgerStripe) {
    inode.extentLock.lockExclusive()
    inode.hasUnsyncedMetadata = false
    inode.extentLock.unlockExclusive()
    device.order(ledger)
  }
}

extension Inode {
  /// Whether this is still the file of a name; `ioLock` or `invalidateLock` is held.
  func isCurrent(_ file: FileID) -> Bool { isLive && generation == file.generation }
}
