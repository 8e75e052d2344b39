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
        return copyPair(inode, staged, data, first..<min(limit, staged.end))
      }
      limit = staged?.first ?? limit
      if let data, hasData {
        let shared = sharedPrefix(data.clipped(to: first..<limit))
        limit = first + shared.count
        if shared.isShared {
          if operation.contains(.noWait) { throw .EAGAIN }
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

  /// The pair of a copy-on-write: staging that is written from here on, over what is there.
  @inline(__always)
  private func copyPair(
    _ inode: Inode, _ staged: Extent, _ data: Extent?, _ range: Range<UInt64>
  ) -> MappingPair {
    let piece = staged.clipped(to: range)
    if staged.state != .written { inode.cow.setState(.written, in: range) }
    // No NEW flag and no zeroing: what is not filled by the copy stays as the medium has it (H1).
    let target = Mapping(Extent(written: piece), .shared)
    guard let data else {
      return MappingPair(target: target)
    }
    return MappingPair(target: target, sourceMap: Mapping(data.clipped(to: range)))
  }

  /// Unwritten blocks become written zeros now: a store through a mapping gives no later hook.
  private func convertUnwritten(
    _ inode: Inode, _ piece: Extent, _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    let count = min(UInt64(piece.count), Self.largestAllocation)
    let part = piece.clipped(to: piece.first..<piece.first + count)
    try device.zeroPages(Int(part.device), count: Int(count), counting: .bytesZeroed, ledger)
    inode.data.setState(.written, in: part.first..<part.end)
    inode.hasUnsyncedMetadata = true
    return MappingPair(target: Mapping(Extent(written: part), .new))
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

  /// Takes blocks, aligned where they may become a huge page.
  func take(
    _ inode: Inode, _ first: UInt64, _ count: Int, wantsHuge: Bool, _ ledger: LedgerStripe
  ) throws(Errno) -> Range<UInt32> {
    let huge = 512
    if wantsHuge, count >= huge, first % UInt64(huge) == 0,
      let taken = takeBlocks(inode, upTo: huge, alignment: huge, ledger)
    {
      return taken
    }
    guard let taken = takeBlocks(inode, upTo: count, ledger) else { throw .ENOSPC }
    return taken
  }
}

extension Extent {
  /// The same blocks, written.
  @inline(__always) init(written extent: Extent) {
    self.init(first: extent.first, device: extent.device, count: extent.count, state: .written)
  }
}
