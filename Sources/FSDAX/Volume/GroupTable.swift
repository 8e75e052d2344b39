internal import HotCore

/// The allocation groups of a volume, each with its lock.
@safe struct GroupTable: ~Copyable, @unchecked Sendable {
  // Sendable: the pointers are immutable, and each group is touched under its lock.
  fileprivate struct Slot: ~Copyable {
    /// Never read: the thread sanitizer takes a change of the group for one of the first field.
    let unused: UInt64 = 0
    let lock: SharedLock
    var group: AllocationGroup
  }

  /// Blocks of a group; the last one may have fewer.
  ///
  /// A multiple of 512.
  let blocksPerGroup: Int
  let count: Int
  /// 2^64 divided by the blocks of a group, rounded up.
  private let reciprocal: UInt64
  private let slots: UnsafeMutablePointer<UnsafeMutablePointer<Slot>>
  /// What can be read of each group without its lock.
  private let records: UnsafeMutablePointer<BlockRecords>

  /// How blocks are divided; EINVAL where a group would have no block to give, and for more blocks
  /// than a file's map can name.
  static func division(
    blockCount: Int, groupCount: Int?
  ) throws(Errno) -> (blocksPerGroup: Int, count: Int) {
    let wanted = groupCount ?? (blockCount >= 1 << 13 ? 4 : 1)
    guard wanted > 0, wanted <= blockCount, blockCount >= 2,
      blockCount <= Int(ExtentWord.deviceLimit)
    else { throw .EINVAL }
    let size = max(((blockCount + wanted - 1) / wanted + 511) & ~511, 512)
    let count = (blockCount + size - 1) / size
    guard wanted == 1 || groupCount == nil || count == wanted,
      blockCount - (count - 1) * size >= 2
    else { throw .EINVAL }
    return (size, count)
  }

  /// Groups over all blocks of a device; errors as `division`.
  init(blockCount: Int, groupCount: Int?) throws(Errno) {
    let (size, count) = try Self.division(blockCount: blockCount, groupCount: groupCount)
    blocksPerGroup = size
    reciprocal = UInt64.max / UInt64(size) + 1
    self.count = count
    unsafe slots = .allocate(capacity: count)
    unsafe records = .allocate(capacity: count)
    for index in 0..<count {
      let first = index * size
      let slot = Slot(
        lock: SharedLock(rank: LockRank.group, order: UInt64(index)),
        group: AllocationGroup(
          firstBlock: UInt32(first), blockCount: min(size, blockCount - first)))
      unsafe (records + index).initialize(to: slot.group.records)
      unsafe (slots + index).initialize(to: .allocate(capacity: 1))
      unsafe slots[index].initialize(to: slot)
    }
  }

  deinit {
    for index in 0..<count {
      unsafe slots[index].deinitialize(count: 1)
      unsafe slots[index].deallocate()
    }
    unsafe slots.deallocate()
    unsafe records.deallocate()
  }

  // SAFETY: an index is below the count: callers derive it from blocks of the device.

  /// The group of a block.
  ///
  /// A multiplication, since a write asks six times: exact as long as block and divisor have 32
  /// bits, and a group at least two blocks.
  @inline(__always) func index(of block: UInt32) -> Int {
    Int(truncatingIfNeeded: reciprocal.multipliedFullWidth(by: UInt64(block)).high)
  }

  /// A group, below the count.
  @inline(__always) subscript(index: Int) -> Group { unsafe Group(slots[index]) }

  /// Free blocks of all groups, each looked at under its lock.
  var freeBlockCount: Int {
    var total = 0
    for index in 0..<count {
      let group = self[index]
      group.lock()
      total += group.state.freeCount
      group.unlock()
    }
    return total
  }

  /// The first run of blocks in a range of one group that more than one reference has; no lock.
  @inline(__always)
  func firstShared(in blocks: Range<UInt32>) -> Range<UInt32>? {
    let index = index(of: blocks.lowerBound)
    let origin = UInt32(index * blocksPerGroup)
    let local = blocks.lowerBound &- origin..<blocks.upperBound &- origin
    guard let run = unsafe records[index].firstShared(in: local) else { return nil }
    return run.lowerBound &+ origin..<run.upperBound &+ origin
  }

  /// Fetches what is known of a block, for a change that comes soon; no lock.
  @inline(__always)
  func prefetch(_ block: UInt32) {
    let index = index(of: block)
    let local = block &- UInt32(index * blocksPerGroup)
    unsafe records[index].prefetch(local)
  }
}

/// A reference to one group that costs nothing to pass; valid as long as its table.
///
/// With accessors of the table itself the thread sanitizer takes each change of a group for one of
/// the table.
@safe struct Group: @unchecked Sendable {
  // Sendable: a reference; the state is touched under the lock.
  private let slot: UnsafeMutablePointer<GroupTable.Slot>

  fileprivate init(_ slot: UnsafeMutablePointer<GroupTable.Slot>) { unsafe self.slot = slot }

  // SAFETY: in all of these the slot is alive: the table is the volume's, and ends with it.

  /// Waits for the group's lock.
  @inline(__always) func lock() { unsafe slot.pointee.lock.lockExclusive() }
  /// Gives the lock back.
  @inline(__always) func unlock() { unsafe slot.pointee.lock.unlockExclusive() }

  /// The group's blocks; its lock is held.
  var state: AllocationGroup {
    @inline(__always) _read { yield unsafe slot.pointee.group }
    @inline(__always) nonmutating _modify { yield unsafe &slot.pointee.group }
  }
}
