internal import HotCore

/// The copy-on-write fork: staging blocks that become a file's data, or are given back.
///
/// What all personalities have in common; each has its own rules for what it stages. Source:
/// specification, sections 6.4 and 6.5. `extentLock` is held alone in all of these.
extension Volume {
  /// The pair of a copy-on-write: staging that is written from here on, over what is there.
  ///
  /// Callers have fetched the old block ahead as soon as they knew that it is copied.
  @inline(__always)
  func copyPair(
    _ inode: Inode, _ staged: Extent, _ data: Extent?, _ range: Range<UInt64>
  ) -> MappingPair {
    let piece = staged.clipped(to: range)
    if staged.state == .unwritten { inode.cow.overwrite(Extent(written: piece)) }
    // Needed at the end, when the data have pushed everything else out of the cache.
    groups.prefetch(piece.device)
    // No NEW flag and no zeroing: what is not filled by the copy stays as the medium has it (H1).
    let target = Mapping(Extent(written: piece), .shared)
    guard let data else {
      return MappingPair(target: target)
    }
    return MappingPair(target: target, sourceMap: Mapping(data.clipped(to: range)))
  }

  /// Fetches the beginning of a block that is soon copied, and what is known of it.
  ///
  /// The bare copy waits for its source while the block before drains; here locks are between.
  @inline(__always)
  func prefetchOld(_ block: UInt32) {
    // SAFETY: an address on the device, and only a hint.
    unsafe prefetchForRead(device.base + Int(block) << DAXDevice.pageShift, lineCount: 8)
    groups.prefetch(block)
  }

  /// Unwritten blocks become written zeros now: a store through a mapping gives no later hook.
  func convertUnwritten(
    _ inode: Inode, _ piece: Extent, _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    let count = min(UInt64(piece.count), Self.largestAllocation)
    let part = piece.clipped(to: piece.first..<piece.first + count)
    do throws(Errno) {
      try device.zeroPages(Int(part.device), count: Int(count), counting: .bytesZeroed, ledger)
    } catch {
      throw error.asBlockError
    }
    inode.data.setState(.written, in: part.first..<part.end)
    inode.hasUnsyncedMetadata = true
    return MappingPair(target: Mapping(Extent(written: part), .new))
  }

  /// Written staging in the blocks becomes the file's data, one extent after the other.
  @inline(__always)
  func publishStaging(
    _ inode: Inode, _ blocks: BlockRange, _ ledger: LedgerStripe
  ) throws(Errno) {
    var cursor = blocks.first
    while let piece = inode.cow.extent(atOrAfter: cursor, limit: blocks.end) {
      cursor = piece.end
      if piece.state != .written { continue }
      inode.cow.remove(piece)
      replaceData(inode, piece, ledger)
      inode.hasUnsyncedMetadata = true
    }
  }

  /// Puts an extent in the place of whatever the file has there.
  @inline(__always)
  private func replaceData(_ inode: Inode, _ extent: Extent, _ ledger: LedgerStripe) {
    if let old = inode.data.replace(extent) {
      exchange(old, for: extent, of: inode, ledger)
      return
    }
    while let old = inode.data.removeFirst(in: extent.first..<extent.end) {
      release(old, of: inode, ledger)
    }
    inode.data.insert(extent)
    publish(extent, of: inode, ledger)
  }

  /// Gives back all staging in the blocks, backwards, written or not.
  func cancelStaging(_ inode: Inode, _ blocks: BlockRange, _ ledger: LedgerStripe) {
    var end = blocks.end
    // What lies behind a piece is gone: looking at it again would make this quadratic.
    while blocks.first < end, let piece = inode.cow.removeLast(in: blocks.first..<end) {
      end = piece.first
      if piece.state != .delayed { giveBackBlocks(piece.deviceBlocks, ledger) }
    }
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
