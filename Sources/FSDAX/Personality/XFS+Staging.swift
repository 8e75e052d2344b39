/// How XFS sizes what it stages: by the file's hints.
///
/// Source: specification, section 6.4. `extentLock` is held alone in all of these.
extension Volume {
  /// The window an allocation for copy-on-write covers, by the file's hints.
  static func stagingWindow(_ blocks: Range<UInt64>, hint: UInt64) -> Range<UInt64> {
    let mask = hint - 1
    if hint & mask == 0 {
      return blocks.lowerBound & ~mask..<(blocks.upperBound + mask) & ~mask
    }
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
  ///   - wantsHuge: Whether 512 aligned blocks should be one aligned run.
  ///   - ledger: Counts.
  /// - Returns: The staging, unwritten.
  /// - Throws: ENOSPC.
  @inline(__always)
  func stage(
    _ inode: Inode, _ blocks: Range<UInt64>, wantsHuge: Bool, _ ledger: LedgerStripe
  ) throws(Errno) -> Extent {
    let window = Self.stagingWindow(blocks, hint: cowHint(inode))
    var first = window.lowerBound
    var next = window.upperBound
    // The first write in a window finds it empty; one look at its words says so.
    if !inode.cow.isHole(inChunk: window) {
      let previous = inode.cow.lastMapped(before: blocks.lowerBound, floor: first)
      first = previous.map { $0 + 1 } ?? first
      next = inode.cow.extent(atOrAfter: blocks.lowerBound, limit: next)?.first ?? next
    }
    let wanted = min(next - first, Self.largestAllocation)
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
}
