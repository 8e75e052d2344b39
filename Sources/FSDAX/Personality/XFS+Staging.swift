/// The copy-on-write fork: staging blocks that become a file's data, or are given back.
///
/// Source: specification, sections 6.4 and 6.5. `extentLock` is held alone in all of these.
extension Volume {
  /// The window an allocation for copy-on-write covers, by the file's hints.
  static func stagingWindow(_ blocks: Range<UInt64>, hint: UInt64) -> Range<UInt64> {
    let offset = blocks.lowerBound % hint
    let count = UInt64(blocks.count) + offset
    let first = blocks.lowerBound - offset
    return first..<first + (count + hint - 1) / hint * hint
  }

  /// The blocks to allocate at once for copy-on-write: the larger hint, or 32.
  func cowHint(_ inode: Inode) -> UInt64 {
    let hints = inode.hints
    let hint = UInt64(max(hints.cow, options.alwaysCopiesOnWrite ? 0 : hints.extent))
    return hint == 0 ? UInt64(Self.defaultCowHint) : hint
  }

  /// Allocates staging that covers the first of the blocks, as much of its window as is free.
  ///
  /// - Parameters:
  ///   - inode: The file.
  ///   - blocks: What is to be written; no staging is there yet.
  ///   - next: Where the next staging begins.
  ///   - wantsHuge: Whether 512 aligned blocks should be one aligned run.
  ///   - ledger: Counts.
  /// - Returns: The staging, unwritten.
  /// - Throws: ENOSPC.
  @inline(__always)
  func stage(
    _ inode: Inode, _ blocks: Range<UInt64>, next: UInt64, wantsHuge: Bool, _ ledger: LedgerStripe
  ) throws(Errno) -> Extent {
    let window = Self.stagingWindow(blocks, hint: cowHint(inode))
    let previousEnd = inode.cow.extent(before: blocks.lowerBound)?.end ?? 0
    let first = max(window.lowerBound, previousEnd)
    let wanted = min(min(window.upperBound, next) - first, Self.largestAllocation)
    let count = Int(max(wanted, 1))
    let isHuge = wantsHuge && blocks.count >= 512
    let taken = try take(
      inode, isHuge ? blocks.lowerBound : first, isHuge ? blocks.count : count,
      wantsHuge: isHuge, ledger)
    // Scattered space gives less than the window: it then starts at the block that is needed.
    let covers = first + UInt64(taken.count) > blocks.lowerBound
    let place = covers && !isHuge ? first : blocks.lowerBound
    let room = min(UInt64(taken.count), next - place)
    if room < UInt64(taken.count) {
      giveBackBlocks(taken.lowerBound + UInt32(room)..<taken.upperBound, ledger)
    }
    let staged = Extent(
      first: place, device: taken.lowerBound, count: UInt32(room), state: .unwritten)
    inode.cow.insert(staged)
    return staged
  }

  /// Written staging in the blocks becomes the file's data, one extent after the other.
  @inline(__always)
  func publishStaging(
    _ inode: Inode, _ blocks: BlockRange, _ ledger: LedgerStripe
  ) throws(Errno) {
    var cursor = blocks.first
    while cursor < blocks.end, let next = inode.cow.extent(atOrAfter: cursor),
      next.first < blocks.end
    {
      let piece = next.clipped(to: cursor..<blocks.end)
      cursor = piece.end
      if piece.state != .written { continue }
      _ = inode.cow.removeFirst(in: piece.first..<piece.end)
      replaceData(inode, piece, ledger)
      inode.hasUnsyncedMetadata = true
    }
  }

  /// Puts an extent in the place of whatever the file has there.
  @inline(__always)
  private func replaceData(_ inode: Inode, _ extent: Extent, _ ledger: LedgerStripe) {
    if let old = inode.data.replace(extent) {
      release(old, of: inode, ledger)
    } else {
      while let old = inode.data.removeFirst(in: extent.first..<extent.end) {
        release(old, of: inode, ledger)
      }
      inode.data.insert(extent)
    }
    publish(extent, of: inode, ledger)
  }

  /// Gives back all staging in the blocks, backwards, written or not.
  func cancelStaging(_ inode: Inode, _ blocks: BlockRange, _ ledger: LedgerStripe) {
    while let piece = inode.cow.removeLast(in: blocks.blocks) {
      if piece.state != .delayed { giveBackBlocks(piece.deviceBlocks, ledger) }
    }
  }
}
