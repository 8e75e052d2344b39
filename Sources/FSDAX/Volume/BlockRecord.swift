internal import HotCore
internal import Synchronization

/// Who refers to one device block, in half a cache line.
///
/// Two owners lie together: with a list for the second, a copy-on-write waited for five lines where
/// this takes two, which are fetched ahead. The count lies apart, since scans for shared runs read
/// many counts and nothing else: a compare of 1 MiB scanned 8 KiB for each file when it did not.
struct BlockRecord: BitwiseCopyable {
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
  // SAFETY: `base` and `counts` have `count` initialised elements until `free`; the tables check
  // their blocks.
  let base: UnsafeMutablePointer<BlockRecord>
  /// References to each block.
  let counts: UnsafeMutablePointer<Atomic<UInt32>>
  let count: Int
  /// Who owns 512 blocks at once.
  let spans: SpanOwners

  /// Records of blocks nobody refers to.
  init(count: Int) {
    precondition(MemoryLayout<BlockRecord>.stride == 32, "two records to a cache line")
    self.count = count
    spans = SpanOwners(blockCount: count)
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 32, alignment: 64)
    unsafe base = bytes.bindMemory(to: BlockRecord.self, capacity: max(count, 1))
    unsafe base.initialize(repeating: BlockRecord(), count: count)
    unsafe counts = .allocate(capacity: max(count, 1))
    for index in 0..<count { unsafe (counts + index).initialize(to: Atomic(0)) }
  }

  /// Ends the records.
  func free() {
    unsafe base.deallocate()
    unsafe counts.deallocate()
    spans.free()
  }

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
    unsafe counts[index].load(ordering: .relaxed) > 1
  }

  /// Fetches a block's count ahead, to be changed soon, and its record where no span stands for it.
  @inline(__always)
  func prefetch(_ block: UInt32) {
    if spans.isEmpty(block) { unsafe prefetchForWrite(UnsafeRawPointer(base + Int(block))) }
    unsafe prefetchForWrite(UnsafeRawPointer(counts + Int(block)))
  }
}
