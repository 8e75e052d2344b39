internal import Synchronization

/// What is known of one device block, in half a cache line.
///
/// The reference count and two owners lie together, since a copy-on-write asks for all of them:
/// with a table for each, it waited for five lines where this takes two.
struct BlockRecord: ~Copyable {
  /// References to the block.
  let count = Atomic<UInt32>(0)
  /// Whether more owners are in the crowd.
  var isCrowded = false
  /// The file of the first owner, or 0, and of the second.
  var firstInode: UInt32 = 0
  var secondInode: UInt32 = 0
  /// The file blocks of the owners.
  var firstBlock: UInt64 = 0
  var secondBlock: UInt64 = 0
}

/// The records of neighbouring device blocks, by their place in the group.
///
/// A reference: whoever made it frees it, after the tables that use it.
@safe struct BlockRecords {
  // SAFETY: `base` has `count` initialised records until `free`; the tables check their blocks.
  let base: UnsafeMutablePointer<BlockRecord>
  let count: Int

  /// Records of blocks nobody refers to.
  init(count: Int) {
    precondition(MemoryLayout<BlockRecord>.stride == 32, "two records to a cache line")
    self.count = count
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 32, alignment: 64)
    unsafe base = bytes.bindMemory(to: BlockRecord.self, capacity: max(count, 1))
    for index in 0..<count { unsafe (base + index).initialize(to: BlockRecord()) }
  }

  /// Ends the records.
  func free() { unsafe base.deallocate() }

  /// The first run of blocks in a range that more than one reference has; reading needs no lock.
  @inline(__always)
  func firstShared(in blocks: Range<UInt32>) -> Range<UInt32>? {
    let end = Int(blocks.upperBound)
    precondition(end <= count, "blocks behind the end")
    var index = Int(blocks.lowerBound)
    while index < end, !isShared(index) { index &+= 1 }
    if index == end { return nil }
    let start = index
    while index < end, isShared(index) { index &+= 1 }
    return UInt32(truncatingIfNeeded: start)..<UInt32(truncatingIfNeeded: index)
  }

  @inline(__always)
  private func isShared(_ index: Int) -> Bool {
    unsafe base[index].count.load(ordering: .relaxed) > 1
  }

  /// The address of a block's record, to fetch it ahead.
  @unsafe @inline(__always)
  func address(of block: UInt32) -> UnsafeRawPointer {
    unsafe UnsafeRawPointer(base + Int(block))
  }
}
