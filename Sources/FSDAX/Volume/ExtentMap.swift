internal import Synchronization

/// The blocks of one file: what each is mapped to, seen as extents.
///
/// An extent as a lookup gives it starts at the block asked for, and ends where file or device
/// blocks no longer follow each other, at the limit, or after 2^21 blocks. A lookup costs two loads
/// and a scan of the run, eight blocks at a time; holes between chunks cost a load a chunk.
/// One thread at a time changes a map; any number may look at it while nobody changes it.
struct ExtentMap: ~Copyable {
  /// The longest extent.
  static let longest: UInt64 = 1 << 21

  private(set) var chunks = ExtentDirectory()
  // Atomic, although its writers hold a lock: a structure with an atomic in it is passed by address
  // and never loaded as a whole, which would wait for the narrower stores before it.
  private let mappedCount = Atomic<Int>(0)

  /// One hole.
  init() {}

  /// Blocks that are no holes.
  var blockCount: Int {
    @inline(__always) get { mappedCount.load(ordering: .relaxed) }
  }

  /// Whether all is a hole.
  @inline(__always) var isEmpty: Bool { blockCount == 0 }

  @inline(__always) private func count(_ change: Int) {
    mappedCount.store(blockCount &+ change, ordering: .relaxed)
  }

  /// The word of a block.
  @inline(__always)
  private func word(_ block: UInt64) -> UInt32 {
    guard let chunk = chunks.chunk(block >> ExtentChunk.shift) else { return 0 }
    return chunk[Int(truncatingIfNeeded: block)]
  }

  /// The extent at a block, or nil where there is a hole.
  @inline(__always)
  func extent(containing block: UInt64, limit: UInt64 = .max) -> Extent? {
    let word = word(block)
    return word == 0 ? nil : run(of: word, from: block, limit: limit)
  }

  /// The extent at a block, or the next one that starts below the limit.
  @inline(__always)
  func extent(atOrAfter block: UInt64, limit: UInt64 = .max) -> Extent? {
    if isEmpty || block >= limit { return nil }
    if let extent = extent(containing: block, limit: limit) { return extent }
    // A write looks for staging at its one block, and there alone.
    if block + 1 == limit { return nil }
    guard let next = firstMapped(from: block, limit: limit) else { return nil }
    return run(of: word(next), from: next, limit: limit)
  }

  /// Whether a range, which must lie in one chunk for that, is known to be a hole.
  @inline(__always)
  func isHole(inChunk range: Range<UInt64>) -> Bool {
    let number = range.lowerBound >> ExtentChunk.shift
    guard !range.isEmpty, (range.upperBound - 1) >> ExtentChunk.shift == number else {
      return false
    }
    guard let chunk = chunks.chunk(number) else { return true }
    let start = Int(truncatingIfNeeded: range.lowerBound) & (ExtentChunk.blockCount - 1)
    let end = start + Int(range.upperBound - range.lowerBound)
    return chunk.endOfRun(from: start, to: end, first: 0, step: 0) == end
  }

  /// The last block below one that is no hole, looking down to a floor.
  func lastMapped(before block: UInt64, floor: UInt64 = 0) -> UInt64? {
    guard block > floor, !isEmpty else { return nil }
    var number = (block - 1) >> ExtentChunk.shift
    while let found = chunks.previous(atOrBefore: number), let chunk = chunks.chunk(found) {
      let first = found << ExtentChunk.shift
      let end = Int(min(block - first, UInt64(ExtentChunk.blockCount)))
      let start = floor > first ? Int(min(floor - first, UInt64(end))) : 0
      if chunk.mappedCount > 0, let index = chunk.lastMapped(from: start, to: end) {
        return first + UInt64(index)
      }
      if found == 0 || first <= floor { return nil }
      number = found - 1
    }
    return nil
  }

  /// The first block from one on that is no hole, below a limit.
  private func firstMapped(from block: UInt64, limit: UInt64) -> UInt64? {
    var position = block
    while position < limit {
      guard let found = chunks.next(atOrAfter: position >> ExtentChunk.shift),
        let chunk = chunks.chunk(found)
      else { return nil }
      let first = found << ExtentChunk.shift
      if first > position { position = first }
      if position >= limit { return nil }
      let end = Int(min(limit - first, UInt64(ExtentChunk.blockCount)))
      let start = Int(position - first)
      let index =
        chunk.mappedCount == 0 ? end : chunk.endOfRun(from: start, to: end, first: 0, step: 0)
      if index < end { return first + UInt64(index) }
      position = first + UInt64(ExtentChunk.blockCount)
    }
    return nil
  }

  /// The extent that starts with a word at a block.
  @inline(__always)
  private func run(of word: UInt32, from block: UInt64, limit: UInt64) -> Extent {
    let end = endOfRun(of: word, from: block, limit: min(limit, block &+ Self.longest))
    return Extent(
      first: block, device: ExtentWord.device(word),
      count: UInt32(truncatingIfNeeded: max(end, block + 1) - block),
      state: ExtentWord.state(word))
  }

  @inline(__always)
  private func endOfRun(of word: UInt32, from block: UInt64, limit: UInt64) -> UInt64 {
    var position = block + 1
    let step = ExtentWord.step(word)
    while position < limit, let chunk = chunks.chunk(position >> ExtentChunk.shift) {
      let first = position & ~UInt64(ExtentChunk.blockCount - 1)
      let start = Int(position - first)
      let end = Int(min(limit - first, UInt64(ExtentChunk.blockCount)))
      let expected = word &+ step &* UInt32(truncatingIfNeeded: position - block)
      let stop = chunk.endOfRun(from: start, to: end, first: expected, step: step)
      position = first + UInt64(stop)
      if stop < end { break }
    }
    return position
  }

  /// Maps a hole.
  @inline(__always)
  mutating func insert(_ extent: Extent) {
    count(Int(extent.count))
    let step = extent.state == .delayed ? UInt32(0) : 1
    var word = ExtentWord.make(extent.device, extent.state)
    precondition(word != 0, "a block on the device")
    var block = extent.first
    while block < extent.end {
      let chunk = chunks.made(block >> ExtentChunk.shift)
      let start = Int(truncatingIfNeeded: block) & (ExtentChunk.blockCount - 1)
      let count = min(ExtentChunk.blockCount - start, Int(extent.end - block))
      let stop = chunk.endOfRun(from: start, to: start + count, first: 0, step: 0)
      precondition(stop == start + count, "the range is a hole")
      chunk.fill(from: start, to: stop, first: word, step: step)
      word &+= step &* UInt32(truncatingIfNeeded: count)
      chunk.mappedCount &+= count
      block += UInt64(count)
    }
  }

  /// Makes a hole of the first extent of a range, and returns it.
  @inline(__always)
  mutating func removeFirst(in range: Range<UInt64>) -> Extent? {
    guard let extent = extent(atOrAfter: range.lowerBound, limit: range.upperBound) else {
      return nil
    }
    remove(extent)
    return extent
  }

  /// Makes a hole of the last extent of a range, and returns it.
  mutating func removeLast(in range: Range<UInt64>) -> Extent? {
    guard let last = lastMapped(before: range.upperBound, floor: range.lowerBound) else {
      return nil
    }
    var first = last
    let word = word(last)
    let step = ExtentWord.step(word)
    while first > range.lowerBound, last - first + 1 < Self.longest {
      let expected = word &- step &* UInt32(truncatingIfNeeded: last - first + 1)
      // Before device block 1 a run would go on with the word of a hole.
      if expected == 0 || self.word(first - 1) != expected { break }
      first -= 1
    }
    let found = self.word(first)
    let extent = Extent(
      first: first, device: ExtentWord.device(found), count: UInt32(last - first + 1),
      state: ExtentWord.state(found))
    remove(extent)
    return extent
  }

  /// Makes a hole of an extent, or a part of one, that a lookup has just given.
  @inline(__always)
  mutating func remove(_ extent: Extent) {
    count(-Int(extent.count))
    var block = extent.first
    while block < extent.end, let chunk = chunks.chunk(block >> ExtentChunk.shift) {
      let start = Int(truncatingIfNeeded: block) & (ExtentChunk.blockCount - 1)
      let count = min(ExtentChunk.blockCount - start, Int(extent.end - block))
      chunk.fill(from: start, to: start + count, first: 0, step: 0)
      chunk.mappedCount &-= count
      block += UInt64(count)
    }
  }

  /// Gives back the memory for blocks from one on, which are all holes.
  ///
  /// The first chunk stays: a small file that is emptied and written again costs no allocation.
  mutating func release(from block: UInt64) {
    let isWhole = block & UInt64(ExtentChunk.blockCount - 1) == 0
    let number = block >> ExtentChunk.shift + (isWhole ? 0 : 1)
    chunks.release(from: max(number, 1))
  }

  /// Puts an extent in the place of one that covers its range; nil, and no change, without one.
  @inline(__always)
  mutating func replace(_ extent: Extent) -> Extent? {
    guard let old = self.extent(containing: extent.first, limit: extent.end),
      old.count == extent.count
    else { return nil }
    overwrite(extent)
    return old
  }

  /// Puts an extent where all blocks have words: those that a lookup has just given.
  @inline(__always)
  mutating func overwrite(_ extent: Extent) {
    var word = ExtentWord.make(extent.device, extent.state)
    let step = ExtentWord.step(word)
    var block = extent.first
    while block < extent.end, let chunk = chunks.chunk(block >> ExtentChunk.shift) {
      let start = Int(truncatingIfNeeded: block) & (ExtentChunk.blockCount - 1)
      let count = min(ExtentChunk.blockCount - start, Int(extent.end - block))
      chunk.fill(from: start, to: start + count, first: word, step: step)
      word &+= step &* UInt32(truncatingIfNeeded: count)
      block += UInt64(count)
    }
  }

  /// Gives the blocks of a range a state; delayed ones, which are none yet, keep theirs.
  mutating func setState(_ state: ExtentState, in range: Range<UInt64>) {
    var block = range.lowerBound
    while let old = extent(atOrAfter: block, limit: range.upperBound) {
      if old.state != .delayed {
        _ = replace(
          Extent(first: old.first, device: old.device, count: old.count, state: state))
      }
      block = old.end
    }
  }

  /// Extents of all: a walk over the file.
  var extentCount: Int {
    var count = 0
    var next: UInt64 = 0
    while let extent = extent(atOrAfter: next) {
      count += 1
      next = extent.end
    }
    return count
  }
}
