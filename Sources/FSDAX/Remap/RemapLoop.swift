internal import HotCore

/// Sharing of blocks, one extent after the other. Source: specification, section 5.6.
extension Volume {
  /// Remaps a prepared request; the files are held, the source at least shared.
  ///
  /// - Parameters:
  ///   - request: The ranges.
  ///   - ledger: Counts.
  /// - Returns: Bytes remapped, and what stopped the loop before or behind the last of them.
  func remapExtents(_ request: RemapRequest, _ ledger: LedgerStripe) -> (UInt64, Errno?) {
    let target = request.targetInode
    let blockCount = UInt64(request.targetBlocks.count)
    let end = request.targetPosition + request.byteCount
    var done: UInt64 = 0
    while done < blockCount {
      do throws(Errno) {
        done += try remapExtent(request, done, blockCount - done, ledger)
      } catch {
        return (min(done << 12, request.byteCount), error)
      }
      let reached = min(request.targetPosition + done << 12, end)
      if reached > target.size { target.size = reached }
      if isInterrupted { return (min(done << 12, request.byteCount), .EINTR) }
    }
    return (request.byteCount, nil)
  }

  /// One step: as many blocks as lie in one extent, or hole, on either side.
  private func remapExtent(
    _ request: RemapRequest, _ done: UInt64, _ left: UInt64, _ ledger: LedgerStripe
  ) throws(Errno) -> UInt64 {
    let from = request.sourcePosition >> 12 + done
    let to = request.targetPosition >> 12 + done
    let target = request.targetInode
    var (new, newCount) = request.sourceInode.lockedPiece(from, left)
    if new?.state == .delayed { throw .EFSCORRUPTED }
    // Neither unwritten blocks nor a hole are shared: the target has a hole there, which reads the
    // same.
    target.extentLock.lockExclusive()
    defer { target.extentLock.unlockExclusive() }
    let (old, oldCount) = target.piece(to, left)
    let count = min(newCount, oldCount)
    if let piece = new { new = piece.clipped(to: from..<from + count) }
    if try isAlike(new, old) { return count }

    if let new, new.state == .written { try shareBlocks(new, with: target, at: to, ledger) }
    let blocks = BlockRange(to..<to + count)
    cancelStaging(target, blocks, ledger)
    while let gone = target.data.removeFirst(in: blocks.blocks) {
      if gone.state != .delayed { release(gone, of: target, ledger) }
    }
    if let new, new.state == .written {
      target.data.insert(
        Extent(first: to, device: new.device, count: new.count, state: .written))
    }
    target.hasUnsyncedMetadata = true
    ledger.add(.extentsRemapped)
    return count
  }

  /// Whether the target has the source's blocks already, or both have none with data.
  private func isAlike(_ new: Extent?, _ old: Extent?) throws(Errno) -> Bool {
    guard let old else { return new?.state != .written }
    guard let new else { return false }
    if old.state != .delayed, new.device == old.device {
      guard new.state == old.state else { throw .EFSCORRUPTED }
      return true
    }
    return new.state == .unwritten && old.state == .unwritten
  }

  /// A reference for the target before it loses its old blocks, so that a failure leaves it whole.
  ///
  /// ENOSPC where the group has no block left for records of references, or a count is at its
  /// limit.
  private func shareBlocks(
    _ new: Extent, with target: Inode, at first: UInt64, _ ledger: LedgerStripe
  ) throws(Errno) {
    let index = groups.index(of: new.device)
    groups.lock(index)
    let isFull = groups[index].freeCount == 0
    groups.unlock(index)
    if isFull { throw .ENOSPC }
    guard share(new, with: target, at: first, ledger) else { throw .ENOSPC }
  }
}

extension Inode {
  /// The extent at a block, cut to at most `limit` blocks from there on.
  ///
  /// Nil in a hole, with the hole's length. `extentLock` is held.
  fileprivate func piece(_ block: UInt64, _ limit: UInt64) -> (Extent?, UInt64) {
    guard let extent = data.extent(atOrAfter: block), extent.first < block + limit else {
      return (nil, limit)
    }
    if extent.first > block { return (nil, extent.first - block) }
    let piece = extent.clipped(to: block..<block + limit)
    return (piece, UInt64(piece.count))
  }

  fileprivate func lockedPiece(_ block: UInt64, _ limit: UInt64) -> (Extent?, UInt64) {
    extentLock.lockShared()
    defer { extentLock.unlockShared() }
    return piece(block, limit)
  }
}
