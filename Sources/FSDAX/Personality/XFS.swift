internal import HotCore

/// XFS: copy-on-write where an extent is shared. Source: specification, section 6.
extension Volume {
  /// The blocks of an allocation without a hint.
  static let defaultCowHint = 32
  /// The most blocks one write asks for.
  static let largestAllocation = UInt64(1024)

  /// What a write at a block finds.
  ///
  /// `extentLock` is held alone.
  ///
  /// - Parameters:
  ///   - inode: The file.
  ///   - blocks: What is to be written.
  ///   - operation: Zeroing and unsharing leave holes and unwritten blocks alone.
  ///   - ledger: Counts.
  /// - Returns: The blocks to write to, with the old ones as source where they are new.
  /// - Throws: ENOSPC, or EAGAIN where a no-wait write would have to copy.
  @inline(__always)
  func beginXFSWrite(
    _ inode: Inode, _ blocks: BlockRange, _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    let first = blocks.first
    let found = inode.data.extent(atOrAfter: first, limit: blocks.end)
    let data = found.flatMap { $0.first == first ? $0 : nil }
    var limit = data?.end ?? found?.first ?? blocks.end
    let leavesUnmapped = !operation.isDisjoint(with: [.zero, .unshare])
    let hasData = data?.state == .written

    if inode.isReflink || options.alwaysCopiesOnWrite, hasData || !leavesUnmapped {
      let staged = inode.cow.extent(atOrAfter: first, limit: limit)
      if let staged, staged.first == first {
        // A copy like any other, though its blocks are there already.
        if operation.contains(.noWait) { throw .EAGAIN }
        if let data { prefetchOld(data.device) }
        return copyPair(inode, staged, data, first..<min(limit, staged.end))
      }
      limit = staged?.first ?? limit
      if let data, hasData {
        let shared = sharedPrefix(data.clipped(to: first..<limit))
        limit = first + shared.count
        if shared.isShared {
          if operation.contains(.noWait) { throw .EAGAIN }
          prefetchOld(data.device)
          let staged = try stage(
            inode, first..<limit, wantsHuge: operation.contains(.fault), ledger)
          return copyPair(inode, staged, data, first..<min(limit, staged.end))
        }
      }
    }
    if let data {
      let piece = data.clipped(to: first..<limit)
      if piece.state == .written || leavesUnmapped {
        return MappingPair(target: Mapping(piece))
      }
      return try convertUnwritten(inode, piece, ledger)
    }
    if leavesUnmapped { return MappingPair(target: Mapping(hole: first..<limit)) }
    return try fillHole(inode, first..<limit, wantsHuge: operation.contains(.fault), ledger)
  }

  /// How many blocks from the start of an extent are alike in being shared or not.
  @inline(__always)
  private func sharedPrefix(_ data: Extent) -> (count: UInt64, isShared: Bool) {
    if options.alwaysCopiesOnWrite { return (UInt64(data.count), true) }
    guard let run = firstShared(in: data.deviceBlocks) else { return (UInt64(data.count), false) }
    if run.lowerBound == data.device { return (UInt64(run.count), true) }
    return (UInt64(run.lowerBound - data.device), false)
  }

  /// New blocks in a hole, zeroed and written at once.
  private func fillHole(
    _ inode: Inode, _ hole: Range<UInt64>, wantsHuge: Bool, _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    let wanted = min(hole.upperBound - hole.lowerBound, Self.largestAllocation)
    let taken = try take(inode, hole.lowerBound, Int(wanted), wantsHuge: wantsHuge, ledger)
    let extent = Extent(
      first: hole.lowerBound, device: taken.lowerBound, count: UInt32(taken.count), state: .written)
    do throws(Errno) {
      try device.zeroPages(
        Int(extent.device), count: taken.count, counting: .bytesZeroed, ledger)
    } catch {
      giveBackBlocks(taken, ledger)
      throw error.asBlockError
    }
    inode.data.insert(extent)
    publish(extent, of: inode, ledger)
    inode.hasUnsyncedMetadata = true
    return MappingPair(target: Mapping(extent, .new))
  }
}
