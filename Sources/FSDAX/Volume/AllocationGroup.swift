internal import Synchronization

/// One run of neighbouring device blocks with all that is known of them: which are free, how often
/// each is referred to, and by whom.
///
/// Device blocks are numbered over the whole volume. The first block of a group is its header and
/// never given out, so no extent goes on from one group into the next. The caller holds the lock.
struct AllocationGroup: ~Copyable {
  /// The header, block zero of the group.
  let firstBlock: UInt32
  /// How many blocks there are, the header among them.
  let blockCount: Int

  /// Which blocks are free.
  var allocator: BlockAllocator
  /// References to each block.
  var refcounts: RefcountMap
  /// Owners of each block.
  var owners: ReverseMap
  /// What both keep of each block.
  let records: BlockRecords
  // Atomic, although the lock is held: a structure with an atomic in it is passed by address.
  private let free = Atomic<Int>(0)

  /// A group with all blocks free but its header.
  init(firstBlock: UInt32, blockCount: Int) {
    precondition(blockCount > 0, "a group has a header")
    precondition(Int(firstBlock) + blockCount <= Int(UInt32.max), "device blocks have 32 bits")
    self.firstBlock = firstBlock
    self.blockCount = blockCount
    allocator = BlockAllocator(blockCount: blockCount, origin: Int(firstBlock))
    records = BlockRecords(count: blockCount)
    refcounts = RefcountMap(records)
    owners = ReverseMap(records)
    let hasHeader = allocator.reserve(0..<1)
    precondition(hasHeader, "the header is taken before all else")
    noteFree()
  }

  deinit { records.free() }

  /// How many blocks are free.
  var freeCount: Int { free.load(ordering: .relaxed) }

  @inline(__always)
  private func noteFree() { free.store(allocator.freeCount, ordering: .relaxed) }

  /// The blocks of the group that may be data.
  var dataBlocks: Range<UInt32> {
    firstBlock &+ 1..<firstBlock &+ UInt32(truncatingIfNeeded: blockCount)
  }

  /// The places within the group of device blocks.
  @inline(__always)
  private func local(_ device: Range<UInt32>) -> Range<UInt32> {
    precondition(
      device.lowerBound > firstBlock && Int(device.upperBound &- firstBlock) <= blockCount,
      "no data blocks of this group")
    return device.lowerBound &- firstBlock..<device.upperBound &- firstBlock
  }

  @inline(__always)
  private static func places(_ blocks: Range<UInt32>) -> Range<Int> {
    Int(blocks.lowerBound)..<Int(blocks.upperBound)
  }

  /// Takes a run of free blocks, to which nobody refers yet.
  ///
  /// - Parameters:
  ///   - count: How many blocks are wanted.
  ///   - hint: The device block to start at; behind the last allocation if there is none.
  ///   - alignment: With more than one, the device block is aligned and the run has full length.
  /// - Returns: The run, the longest seen if none has full length; nil if there is none.
  @inline(__always)
  mutating func allocate(
    upTo count: Int, near hint: UInt32? = nil, alignment: Int = 1
  ) -> Range<UInt32>? {
    let near = hint.map { Int($0) - Int(firstBlock) }
    guard let run = allocator.allocate(upTo: count, near: near, alignment: alignment) else {
      return nil
    }
    noteFree()
    let start = firstBlock &+ UInt32(truncatingIfNeeded: run.lowerBound)
    return start..<start &+ UInt32(truncatingIfNeeded: run.count)
  }

  /// Gives back blocks that were taken and never referred to.
  mutating func free(_ device: Range<UInt32>) {
    let blocks = local(device)
    for block in blocks {
      precondition(refcounts.count(of: block) == 0, "somebody refers to the block")
    }
    allocator.free(Self.places(blocks))
    noteFree()
  }

  /// How many files refer to a block.
  @inline(__always)
  func count(of block: UInt32) -> UInt32 {
    precondition(block >= firstBlock, "no block of this group")
    return refcounts.count(of: block &- firstBlock)
  }

  /// The first run of shared blocks in a range.
  func firstShared(in device: Range<UInt32>) -> Range<UInt32>? {
    guard let run = refcounts.firstShared(in: local(device)) else { return nil }
    return firstBlock &+ run.lowerBound..<firstBlock &+ run.upperBound
  }

  /// Makes freshly taken blocks the data of a file.
  @inline(__always)
  mutating func adopt(_ device: Range<UInt32>, inode: UInt32, first: UInt64) {
    let blocks = local(device)
    precondition(allocator.areTaken(Self.places(blocks)), "a block is free")
    refcounts.begin(blocks)
    owners.insert(blocks: blocks, inode: inode, first: first)
  }

  /// Adds a file to those who refer to blocks.
  ///
  /// - Parameters:
  ///   - device: Device blocks that are data already.
  ///   - inode: The file.
  ///   - first: The file block of the first of them.
  /// - Returns: False, and nothing changed, if a count is at its limit.
  @inline(__always)
  mutating func share(_ device: Range<UInt32>, inode: UInt32, first: UInt64) -> Bool {
    let blocks = local(device)
    guard refcounts.increment(blocks) else { return false }
    owners.insert(blocks: blocks, inode: inode, first: first)
    return true
  }

  /// Drops a reference of a file; blocks without any become free.
  ///
  /// - Parameters:
  ///   - device: Device blocks.
  ///   - inode: The file.
  ///   - first: The file block of the first of them.
  /// - Returns: How many blocks became free.
  @inline(__always) @discardableResult
  mutating func release(device: Range<UInt32>, inode: UInt32, first: UInt64) -> Int {
    var rest = local(device)
    owners.remove(blocks: rest, inode: inode, first: first)
    var freed = 0
    while !rest.isEmpty {
      let (run, remaining) = refcounts.decrementRun(rest)
      if remaining == 0 {
        allocator.free(Self.places(run))
        freed &+= run.count
      }
      rest = run.upperBound..<rest.upperBound
    }
    noteFree()
    return freed
  }

  /// Appends all who refer to a block; nobody refers to the header.
  func owners(of block: UInt32, into list: inout [BlockOwner]) {
    if block == firstBlock { return }
    owners.owners(of: local(block..<block &+ 1).lowerBound, into: &list)
  }
}
