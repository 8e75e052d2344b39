internal import HotCore

/// The allocation groups of a volume, each with its lock.
@safe struct GroupTable: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer is immutable, and each group is touched under its lock.
  private struct Slot: ~Copyable {
    let lock: SharedLock
    var group: AllocationGroup
  }

  /// Blocks of a group; the last one may have fewer.
  ///
  /// A multiple of 512.
  let blocksPerGroup: Int
  let count: Int
  private let slots: UnsafeMutablePointer<Slot>

  /// Groups over all blocks of a device; EINVAL where one would have no block to give.
  init(blockCount: Int, groupCount: Int?) throws(Errno) {
    let wanted = groupCount ?? (blockCount >= 1 << 13 ? 4 : 1)
    guard wanted > 0, wanted <= blockCount, blockCount >= 2, blockCount <= Int(UInt32.max) else {
      throw .EINVAL
    }
    let size = max(((blockCount + wanted - 1) / wanted + 511) & ~511, 512)
    let count = (blockCount + size - 1) / size
    guard wanted == 1 || groupCount == nil || count == wanted,
      blockCount - (count - 1) * size >= 2
    else { throw .EINVAL }
    blocksPerGroup = size
    self.count = count
    unsafe slots = .allocate(capacity: count)
    for index in 0..<count {
      let first = index * size
      let slot = Slot(
        lock: SharedLock(rank: LockRank.group, order: UInt64(index)),
        group: AllocationGroup(
          firstBlock: UInt32(first), blockCount: min(size, blockCount - first)))
      unsafe (slots + index).initialize(to: slot)
    }
  }

  deinit {
    unsafe slots.deinitialize(count: count)
    unsafe slots.deallocate()
  }

  // SAFETY: an index is below the count: callers derive it from blocks of the device.

  /// The group of a block.
  @inline(__always) func index(of block: UInt32) -> Int { Int(block) / blocksPerGroup }

  /// The lock of a group.
  @inline(__always) func lock(_ index: Int) { unsafe slots[index].lock.lockExclusive() }
  /// See `lock`.
  @inline(__always) func unlock(_ index: Int) { unsafe slots[index].lock.unlockExclusive() }

  /// A group; its lock is held.
  subscript(index: Int) -> AllocationGroup {
    _read { yield unsafe slots[index].group }
    nonmutating _modify { yield unsafe &slots[index].group }
  }

  /// Free blocks of all groups.
  var freeBlockCount: Int {
    var total = 0
    for index in 0..<count { total += self[index].freeCount }
    return total
  }

  /// Fetches what is known of a block, for a change that comes soon.
  @inline(__always) func prefetch(_ block: UInt32) { self[index(of: block)].prefetch(block) }
}
