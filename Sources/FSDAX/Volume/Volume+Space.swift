internal import HotCore

/// Blocks taken, published, shared and given back, each under the lock of its group.
extension Volume {
  /// Takes contiguous blocks, of the file's own group if it has any, otherwise of the next one.
  ///
  /// - Parameters:
  ///   - inode: Files with other numbers start in other groups, so that writers do not meet.
  ///   - count: The most blocks to take, at least 1; fewer come where space is scattered.
  ///   - alignment: More than 1 asks for all of `count`, starting at a multiple.
  ///   - ledger: Counts.
  /// - Returns: The blocks, or nil without any (for an alignment: without such a run).
  func takeBlocks(
    _ inode: Inode, upTo count: Int, alignment: Int = 1, _ ledger: LedgerStripe
  ) -> Range<UInt32>? {
    var next = Int(inode.number % UInt32(truncatingIfNeeded: groups.count))
    for _ in 0..<groups.count {
      let index = next
      next = index + 1 == groups.count ? 0 : index + 1
      if !btrfs.isWritable(group: index) { continue }
      let group = groups[index]
      group.lock()
      let taken = group.state.allocate(upTo: count, near: nil, alignment: alignment)
      group.unlock()
      if let taken {
        ledger.add(.blocksAllocated, taken.count)
        if options.personality == .btrfs { btrfs.checksums.clear(taken) }
        return taken
      }
    }
    return nil
  }

  /// Gives back blocks that no file refers to: staging.
  func giveBackBlocks(_ blocks: Range<UInt32>, _ ledger: LedgerStripe) {
    let group = groups[groups.index(of: blocks.lowerBound)]
    group.lock()
    group.state.free(blocks)
    group.unlock()
    ledger.add(.blocksFreed, blocks.count)
  }

  /// Makes taken blocks the data of a file: reference count 1, and an owner.
  @inline(__always)
  func publish(_ extent: Extent, of inode: Inode, _ ledger: LedgerStripe) {
    let group = groups[groups.index(of: extent.device)]
    group.lock()
    group.state.adopt(extent.deviceBlocks, inode: inode.number, first: extent.first)
    group.unlock()
    ledger.add(.refcountUpdates, Int(extent.count))
  }

  /// Ends a file's reference to blocks; those without another one are free.
  @inline(__always)
  func release(_ extent: Extent, of inode: Inode, _ ledger: LedgerStripe) {
    let group = groups[groups.index(of: extent.device)]
    group.lock()
    let freed = group.state.release(
      device: extent.deviceBlocks, inode: inode.number, first: extent.first)
    group.unlock()
    ledger.add(.refcountUpdates, Int(extent.count))
    ledger.add(.blocksFreed, freed)
  }

  /// Ends a file's reference to blocks and makes taken ones its data, one lock for both where they
  /// are of one group.
  @inline(__always)
  func exchange(_ old: Extent, for new: Extent, of inode: Inode, _ ledger: LedgerStripe) {
    let index = groups.index(of: old.device)
    guard index == groups.index(of: new.device), old.state != .delayed else {
      if old.state != .delayed { release(old, of: inode, ledger) }
      publish(new, of: inode, ledger)
      return
    }
    let group = groups[index]
    group.lock()
    let freed = group.state.release(
      device: old.deviceBlocks, inode: inode.number, first: old.first)
    group.state.adopt(new.deviceBlocks, inode: inode.number, first: new.first)
    group.unlock()
    ledger.add(.refcountUpdates, 2 * Int(new.count))
    if freed > 0 { ledger.add(.blocksFreed, freed) }
  }

  /// Gives another file a reference to blocks; false where a count is at its limit, and where the
  /// group has no free block although room for records is needed.
  func share(
    _ extent: Extent, with inode: Inode, at first: UInt64, needsRoom: Bool = false,
    _ ledger: LedgerStripe
  ) -> Bool {
    let group = groups[groups.index(of: extent.device)]
    group.lock()
    defer { group.unlock() }
    if needsRoom, group.state.freeCount == 0 { return false }
    guard group.state.share(extent.deviceBlocks, inode: inode.number, first: first) else {
      return false
    }
    ledger.add(.refcountUpdates, Int(extent.count))
    return true
  }

  /// The first run of blocks in the range that more than one reference has.
  @inline(__always)
  func firstShared(in blocks: Range<UInt32>) -> Range<UInt32>? {
    // Without the lock: whoever asks holds a reference to the blocks, so a count of 1 is its own
    // and stays; a count that falls to 1 meanwhile makes a copy that was not needed.
    groups.firstShared(in: blocks)
  }
}
