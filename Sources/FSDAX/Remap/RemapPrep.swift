/// What must hold before blocks are shared, each check in the kernel's order.
///
/// Quotas are not modelled. Source: fsdax specification of this project, section 5.3.
extension Volume {
  /// The filesystem's own checks, before those that all filesystems share.
  func checkFilesystem(
    _ source: Inode, _ target: Inode, isDedupe: Bool
  ) throws(Errno) {
    switch options.personality {
    case .xfs:
      guard source.attributes.isRealtime == target.attributes.isRealtime else { throw .EINVAL }
      guard source.attributes.isDAX == target.attributes.isDAX else { throw .EINVAL }
    case .btrfs: try checkRemap(source: source, target: target, isDedupe: isDedupe)
    }
    try checkSharing()
  }

  /// What is asked wherever files come to share blocks; their `ioLock` is held.
  func checkSharing() throws(Errno) {
    guard options.hasReflink else { throw .EOPNOTSUPP }
    if isShutDown { throw .EIO }
  }

  /// Checks a request and shortens it to what can be remapped.
  ///
  /// No bytes left is success with nothing to do. Both files are held alone.
  func prepareRemap(
    _ request: inout RemapRequest, for caller: Caller, _ ledger: LedgerStripe
  ) throws(Errno) {
    let (source, target) = (request.sourceInode, request.targetInode)
    if target.attributes.isImmutable { throw .EPERM }
    if source.attributes.isSwapFile || target.attributes.isSwapFile { throw .ETXTBSY }
    let kinds = [source.attributes.kind, target.attributes.kind]
    if kinds.contains(.directory) { throw .EISDIR }
    guard kinds.allSatisfy({ $0 == .regular }) else { throw .EINVAL }

    if request.byteCount == 0 {
      if request.isDedupe || request.sourcePosition == source.size { return }
      guard request.sourcePosition < source.size else { throw .EINVAL }
      request.byteCount = source.size - request.sourcePosition
    }
    try fitRange(&request, for: caller)
    if request.byteCount == 0 { return }
    // Step 4, waiting for I/O and writing back, has nothing left to do: breaking the layouts of
    // both files wrote their dirty entries back, and these locks keep new ones away.
    if request.isDedupe, try !compareForDedupe(request, ledger) {
      request.byteCount = 0
      return
    }
    try fitLastBlock(&request)
    if request.byteCount == 0 || request.isDedupe { return }
    touch(target)
    target.attributes.hasCapability = false
    if !caller.isAdministrator { target.attributes.hasSetIDs = false }
  }

  /// Step 3: alignment, ends, limits, and blocks that are whole but for the end of the file.
  private func fitRange(_ request: inout RemapRequest, for caller: Caller) throws(Errno) {
    let mask = UInt64(DAXDevice.pageByteCount - 1)
    let (from, to) = (request.sourcePosition, request.targetPosition)
    let (sourceSize, targetSize) = (request.sourceInode.size, request.targetInode.size)
    let asked = request.byteCount
    guard from & mask == 0, to & mask == 0 else { throw .EINVAL }
    // None of the sums can wrap: all are below 2^63.
    guard max(from, to) + asked <= UInt64(Int.max) else { throw .EINVAL }
    if request.isDedupe {
      guard from < sourceSize, to < targetSize, from + asked <= sourceSize,
        to + asked <= targetSize
      else { throw .EINVAL }
    }
    guard from < sourceSize else { throw .EINVAL }
    var count = min(asked, sourceSize - from)
    if let limit = caller.fileSizeLimit {
      guard to < UInt64(max(limit, 0)) else {
        caller.deliverFileSizeSignal()
        throw .EFBIG
      }
      count = min(count, UInt64(limit) - to)
    }
    let maximum = UInt64(max(options.maximumFileByteCount, 0))
    guard to < maximum else { throw .EFBIG }
    count = min(count, maximum - to)

    var wholeBlocks = count & ~mask
    if from + count == sourceSize, !request.isDedupe || to + count == targetSize {
      wholeBlocks = (sourceSize + mask) & ~mask - from
    } else {
      count = wholeBlocks
    }
    if request.sourceInode == request.targetInode {
      guard to + wholeBlocks <= from || from + wholeBlocks <= to else { throw .EINVAL }
    }
    guard count == asked || request.canShorten else { throw .EINVAL }
    request.byteCount = count
  }

  /// Step 6: a last block that is not whole may not land inside the target.
  private func fitLastBlock(_ request: inout RemapRequest) throws(Errno) {
    let whole = request.byteCount & ~UInt64(DAXDevice.pageByteCount - 1)
    guard whole != request.byteCount,
      request.targetPosition + request.byteCount < request.targetInode.size
    else { return }
    guard request.canShorten else { throw request.isDedupe ? .EBADE : .EINVAL }
    request.byteCount = whole
  }

  /// Step 5; false where a compare that failed ends the dedupe as a success (H6).
  private func compareForDedupe(
    _ request: RemapRequest, _ ledger: LedgerStripe
  ) throws(Errno) -> Bool {
    let isDAX = request.sourceInode.attributes.isDAX
    let difference: UInt64?
    do throws(Errno) {
      difference = try firstDifference(request, isDAX ? .extents : .pages, ledger)
    } catch {
      if isDAX, profile.has(.compareErrorIsSame) { return false }
      throw error
    }
    if difference != nil { throw .EBADE }
    return true
  }
}
