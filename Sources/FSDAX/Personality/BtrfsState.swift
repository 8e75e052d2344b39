internal import HotCore
internal import Synchronization

/// What a Btrfs volume knows besides its files: one root, its space promised, its checksums.
struct BtrfsState: ~Copyable, Sendable {
  let checksums: BtrfsChecksums
  /// Whether nothing in the root may change.
  let isReadOnly = Atomic<Bool>(false)
  /// Sends of the root under way; they must find it as it was.
  let sendCount = Atomic<Int>(0)
  /// Snapshots being taken; meanwhile nothing is overwritten in place.
  let snapshotCount = Atomic<Int>(0)
  /// Blocks promised to writes that have not taken them yet.
  let reservedBlockCount = Atomic<Int>(0)
  private let hasReadOnlyGroup = Atomic<Bool>(false)
  private let readOnlyGroups = Mutex<Set<Int>>([])

  /// State for a device of so many blocks; a volume of another personality has none.
  init(blockCount: Int) { checksums = BtrfsChecksums(blockCount: blockCount) }

  /// Makes a block group read-only, as a balance does with the group it empties, or writable.
  func setGroup(_ index: Int, isReadOnly: Bool) {
    readOnlyGroups.withLock { groups in
      if isReadOnly { groups.insert(index) } else { groups.remove(index) }
      hasReadOnlyGroup.store(!groups.isEmpty, ordering: .releasing)
    }
  }

  /// Whether blocks of a group may be taken and overwritten.
  @inline(__always) func isWritable(group index: Int) -> Bool {
    if !hasReadOnlyGroup.load(ordering: .acquiring) { return true }
    return readOnlyGroups.withLock { !$0.contains(index) }
  }
}

extension Volume {
  /// Btrfs: whether the root is read-only; writes, remaps and changes of blocks are then EROFS.
  public var isRootReadOnly: Bool {
    get { btrfs.isReadOnly.load(ordering: .acquiring) }
    set { btrfs.isReadOnly.store(newValue, ordering: .releasing) }
  }

  /// Btrfs: whether the root is being sent; a dedupe is then EAGAIN.
  public var isRootBeingSent: Bool { btrfs.sendCount.load(ordering: .acquiring) > 0 }

  /// Btrfs: a send of the root begins.
  public func beginSend() { btrfs.sendCount.wrappingAdd(1, ordering: .acquiringAndReleasing) }

  /// Btrfs: a send of the root ends; more ends than begins are ignored.
  public func endSend() {
    var count = btrfs.sendCount.load(ordering: .relaxed)
    while count > 0 {
      let result = btrfs.sendCount.weakCompareExchange(
        expected: count, desired: count - 1, ordering: .acquiringAndReleasing)
      if result.exchanged { return }
      count = result.original
    }
  }

  /// Reserves space for a write before it takes any, as a promise to itself alone.
  ///
  /// Groups are asked until there is enough, so mostly one lock is taken. Writers that meet at the
  /// last blocks may count each other's blocks twice for a moment and refuse too early, never too
  /// late.
  func reserveSpace(_ inode: Inode, _ blockCount: Int) -> Bool {
    let promised = btrfs.reservedBlockCount.wrappingAdd(blockCount, ordering: .relaxed).newValue
    var free = 0
    let home = Int(inode.number) % groups.count
    for step in 0..<groups.count {
      let index = (home + step) % groups.count
      if !btrfs.isWritable(group: index) { continue }
      groups[index].lock()
      free += groups[index].state.freeCount
      groups[index].unlock()
      if free >= promised { return true }
    }
    releaseSpace(blockCount)
    return false
  }

  /// Ends a reservation: what was taken of it counts as used, the surplus is free again.
  func releaseSpace(_ blockCount: Int) {
    btrfs.reservedBlockCount.wrappingSubtract(blockCount, ordering: .relaxed)
  }
}
