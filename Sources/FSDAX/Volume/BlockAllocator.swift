/// The free blocks of one group: a bitmap with two levels of summaries, so that whole regions
/// without free blocks are passed over by one bit.
///
/// Blocks are numbered from zero. One thread at a time uses an allocator.
@safe
struct BlockAllocator: ~Copyable {
  // SAFETY: `words` holds `wordCount` initialised words until the allocator ends: the bitmap, then
  // the summary with a bit for each of its words, then one with a bit for each of those. Every
  // range of blocks is held to the block count before memory is touched. Bits behind the last
  // block are never set.
  let words: UnsafeMutablePointer<UInt64>
  /// The first word of each summary.
  let summaryStart: Int, topStart: Int
  /// All words.
  let wordCount: Int

  /// How many blocks there are.
  let blockCount: Int
  /// What a block number is short of the number that has to be aligned.
  let origin: Int
  /// How many blocks are free.
  private(set) var freeCount: Int
  /// Where a search without a hint starts: behind the last allocation.
  private(set) var rotor = 0

  /// An allocator with all blocks free.
  ///
  /// - Parameters:
  ///   - blockCount: How many blocks there are.
  ///   - origin: The device block of block zero; it is device blocks that are aligned.
  init(blockCount: Int, origin: Int = 0) {
    precondition(blockCount >= 0 && origin >= 0, "a count is not negative")
    self.blockCount = blockCount
    self.origin = origin
    freeCount = blockCount
    let first = (blockCount + 63) / 64
    let second = (first + 63) / 64
    let third = (second + 63) / 64
    summaryStart = first
    topStart = first + second
    wordCount = first + second + third
    unsafe words = .allocate(capacity: max(wordCount, 1))
    unsafe Self.fill(words, bitCount: blockCount)
    unsafe Self.fill(words + summaryStart, bitCount: first)
    unsafe Self.fill(words + topStart, bitCount: second)
  }

  deinit { unsafe words.deallocate() }

  /// Sets a number of bits from the first on, and clears the rest of the last word.
  private static func fill(_ words: UnsafeMutablePointer<UInt64>, bitCount: Int) {
    // SAFETY: the caller has allocated as many words as the bits need.
    for index in 0..<(bitCount + 63) / 64 {
      let bits = bitCount - index * 64
      unsafe (words + index).initialize(to: bits >= 64 ? .max : (1 << UInt64(bits)) - 1)
    }
  }

  /// Whether a block is free.
  func isFree(_ block: Int) -> Bool {
    precondition(block >= 0 && block < blockCount, "a block behind the end")
    return unsafe words[block &>> 6] &>> UInt64(block & 63) & 1 == 1
  }

  /// Whether none of the blocks is free.
  @inline(__always)
  func areTaken(_ blocks: Range<Int>) -> Bool {
    precondition(blocks.lowerBound >= 0 && blocks.upperBound <= blockCount, "no such blocks")
    var block = blocks.lowerBound
    while block < blocks.upperBound {
      let word = block &>> 6
      if unsafe words[word] & Self.mask(block, blocks.upperBound) != 0 { return false }
      block = (word &+ 1) &<< 6
    }
    return true
  }

  /// Takes a run that is free; the rotor goes behind it.
  @inline(__always)
  mutating func take(_ start: Int, count: Int) {
    var block = start
    let end = start &+ count
    while block < end {
      let word = block &>> 6
      let mask = Self.mask(block, end)
      let left = unsafe words[word] & ~mask
      unsafe words[word] = left
      if left == 0 { clearSummary(of: word) }
      block = (word &+ 1) &<< 6
    }
    freeCount &-= count
    rotor = end
  }

  /// The bits of one word from a block to an end, which may be in a later word.
  @inline(__always)
  static func mask(_ block: Int, _ end: Int) -> UInt64 {
    let count = min(end &- block, 64 &- (block & 63))
    return (UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- count))
      &<< UInt64(truncatingIfNeeded: block & 63)
  }

  private func clearSummary(of word: Int) {
    let place = summaryStart &+ word &>> 6
    let left = unsafe words[place] & ~(1 &<< UInt64(word & 63))
    unsafe words[place] = left
    guard left == 0 else { return }
    let above = word &>> 6
    unsafe words[topStart &+ above &>> 6] &= ~(1 &<< UInt64(above & 63))
  }

  private func setSummary(of word: Int) {
    unsafe words[summaryStart &+ word &>> 6] |= 1 &<< UInt64(word & 63)
    let above = word &>> 6
    unsafe words[topStart &+ above &>> 6] |= 1 &<< UInt64(above & 63)
  }

  /// Gives blocks back, all of which are taken.
  mutating func free(_ blocks: Range<Int>) {
    precondition(blocks.lowerBound >= 0 && blocks.upperBound <= blockCount, "no such blocks")
    guard !blocks.isEmpty else { return }
    var block = blocks.lowerBound
    while block < blocks.upperBound {
      let word = block &>> 6
      let mask = Self.mask(block, blocks.upperBound)
      let old = unsafe words[word]
      precondition(old & mask == 0, "a block is free already")
      unsafe words[word] = old | mask
      if old == 0 { setSummary(of: word) }
      block = (word &+ 1) &<< 6
    }
    freeCount &+= blocks.count
  }

  /// Takes exactly these blocks; false, and nothing changed, if one is taken.
  mutating func reserve(_ blocks: Range<Int>) -> Bool {
    guard blocks.lowerBound >= 0, blocks.upperBound <= blockCount else { return false }
    guard !blocks.isEmpty else { return true }
    guard freeRun(from: blocks.lowerBound, limit: blocks.count) == blocks.count else {
      return false
    }
    take(blocks.lowerBound, count: blocks.count)
    return true
  }
}
