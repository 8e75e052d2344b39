internal import Synchronization

/// How many files refer to each device block: a flat array of counts.
///
/// One access costs one cache miss whatever the volume looks like. A count that reached its limit
/// is stuck there: nobody knows any more how many there are, so it neither falls, nor may it be
/// raised. Whoever changes counts holds the group's lock; reading needs none.
@safe
struct RefcountMap: ~Copyable {
  // SAFETY: the records live as long as the group; every range of blocks is held to their number
  // before memory is touched.
  private let records: BlockRecords
  private let isOwner: Bool

  /// How many blocks there are.
  var blockCount: Int { records.count }

  /// The count that never changes again.
  static let saturated = UInt32.max

  /// The counts in a group's records.
  init(_ records: BlockRecords) {
    self.records = records
    isOwner = false
  }

  /// Counts in records of their own, all zero.
  init(blockCount: Int) {
    precondition(blockCount >= 0 && blockCount <= 1 << 32, "device blocks have 32 bits")
    records = BlockRecords(count: blockCount)
    isOwner = true
  }

  deinit { if isOwner { records.free() } }

  @inline(__always)
  private func load(_ index: Int) -> UInt32 {
    unsafe records.counts[index].load(ordering: .relaxed)
  }

  @inline(__always)
  private func store(_ count: UInt32, _ index: Int) {
    unsafe records.counts[index].store(count, ordering: .relaxed)
  }

  @inline(__always)
  private func check(_ blocks: Range<UInt32>) {
    precondition(Int(blocks.upperBound) <= blockCount, "blocks behind the end")
  }

  /// How many files refer to a block.
  @inline(__always)
  func count(of block: UInt32) -> UInt32 {
    precondition(Int(block) < blockCount, "a block behind the end")
    return load(Int(block))
  }

  /// Sets a count, as one who reads counts from elsewhere does.
  mutating func setCount(_ count: UInt32, of block: UInt32) {
    precondition(Int(block) < blockCount, "a block behind the end")
    store(count, Int(block))
  }

  /// Gives blocks nobody refers to their first reference.
  @inline(__always)
  mutating func begin(_ blocks: Range<UInt32>) {
    check(blocks)
    var old: UInt32 = 0
    for index in Int(blocks.lowerBound)..<Int(blocks.upperBound) {
      old |= load(index)
      store(1, index)
    }
    precondition(old == 0, "a block has an owner")
  }

  /// Adds a reference to each block.
  ///
  /// - Parameter blocks: Device blocks.
  /// - Returns: False, and nothing changed, if a count is at its limit.
  @inline(__always)
  mutating func increment(_ blocks: Range<UInt32>) -> Bool {
    check(blocks)
    var highest: UInt32 = 0
    for index in Int(blocks.lowerBound)..<Int(blocks.upperBound) {
      highest = max(highest, load(index))
    }
    guard highest != Self.saturated else { return false }
    for index in Int(blocks.lowerBound)..<Int(blocks.upperBound) {
      store(load(index) &+ 1, index)
    }
    return true
  }

  /// Drops a reference to each block of the longest prefix with equal counts; callers loop.
  ///
  /// - Parameter blocks: Device blocks, at least one, all referred to.
  /// - Returns: The prefix, and the count its blocks have now.
  @inline(__always)
  mutating func decrementRun(
    _ blocks: Range<UInt32>
  ) -> (run: Range<UInt32>, remaining: UInt32) {
    check(blocks)
    precondition(!blocks.isEmpty, "no blocks")
    let end = Int(blocks.upperBound)
    var index = Int(blocks.lowerBound)
    let count = load(index)
    precondition(count > 0, "a reference too few")
    let remaining = count == Self.saturated ? count : count &- 1
    while index < end {
      guard load(index) == count else { break }
      store(remaining, index)
      index &+= 1
    }
    return (blocks.lowerBound..<UInt32(truncatingIfNeeded: index), remaining)
  }

  /// The first run of blocks that more than one file refers to, as far as it is in a range.
  func firstShared(in blocks: Range<UInt32>) -> Range<UInt32>? {
    check(blocks)
    return records.firstShared(in: blocks)
  }

  /// How many maximal runs of equal counts of at least two there are: refcount records.
  var sharedRecordCount: Int {
    var records = 0
    var previous: UInt32 = 0
    for index in 0..<blockCount {
      let count = load(index)
      if count > 1 && count != previous { records += 1 }
      previous = count
    }
    return records
  }
}
