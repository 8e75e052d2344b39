extension BlockAllocator {
  // SAFETY: as for the allocator: blocks and words stay below their counts.

  /// Takes a run of free blocks: the first of full length behind a hint, all around.
  ///
  /// - Parameters:
  ///   - count: How many blocks are wanted.
  ///   - hint: Where to start; behind the last allocation if there is none.
  ///   - alignment: With more than one, the start is aligned and the run has its full length.
  /// - Returns: The run, the longest seen if none has full length; nil if there is none.
  @inline(__always)
  mutating func allocate(upTo count: Int, near hint: Int?, alignment: Int = 1) -> Range<Int>? {
    precondition(count > 0 && alignment > 0, "at least one block")
    var start = hint ?? rotor
    if start < 0 || start >= blockCount { start = 0 }
    // The common case: what is wanted lies at the start, and within its word and the next.
    if alignment == 1, count <= 64, blockCount > 0, freeRun64(from: start) >= count {
      take(start, count: count)
      return start..<start &+ count
    }
    return search(count, from: start, alignment: alignment)
  }

  @inline(never)
  private mutating func search(_ count: Int, from start: Int, alignment: Int) -> Range<Int>? {
    guard freeCount > 0 else { return nil }
    let found: Range<Int>?
    if alignment > 1 {
      guard count <= freeCount else { return nil }
      found =
        firstAligned(count, alignment, in: start..<blockCount)
        ?? firstAligned(count, alignment, in: 0..<start)
    } else {
      found = firstRun(count, from: start)
    }
    if let found { take(found.lowerBound, count: found.count) }
    return found
  }

  /// The first run of full length from a start on and all around, else the longest seen.
  ///
  /// In a group in shreds, a search for a long run would look at every one of them each time; after
  /// so many it makes do with the longest.
  private func firstRun(_ count: Int, from start: Int) -> Range<Int>? {
    var best = 0..<0
    var left = Self.seenRunLimit
    // A run that the start cuts in two is seen whole in the second half.
    for half in 0..<2 {
      let end = half == 0 ? blockCount : start
      var block = nextFree(from: half == 0 ? start : 0)
      while block < end, left > 0 {
        let run = freeRun(from: block, limit: count)
        if run >= count { return block..<block &+ run }
        if run > best.count { best = block..<block &+ run }
        left &-= 1
        block = nextFree(from: block &+ run)
      }
    }
    return best.isEmpty ? nil : best
  }

  /// How many runs that are too short a search looks at.
  @inline(__always) static var seenRunLimit: Int { 128 }

  /// The first run of full length that starts aligned and in a range.
  private func firstAligned(_ count: Int, _ alignment: Int, in range: Range<Int>) -> Range<Int>? {
    var block = range.lowerBound
    while block < range.upperBound {
      block = nextFree(from: block)
      let past = (block &+ origin) % alignment
      if past > 0 { block = block &+ alignment &- past }
      guard block < range.upperBound, count <= blockCount &- block else { return nil }
      let run = freeRun(from: block, limit: count)
      if run == count { return block..<block &+ count }
      block = block &+ run &+ 1
    }
    return nil
  }

  /// The first free block from one on; the block count if there is none.
  func nextFree(from block: Int) -> Int {
    guard block < blockCount else { return blockCount }
    let word = block &>> 6
    let rest = unsafe words[word] &>> UInt64(block & 63)
    if rest != 0 { return block &+ rest.trailingZeroBitCount }
    let next = nextWord(after: word)
    guard next < summaryStart else { return blockCount }
    return next &<< 6 &+ (unsafe words[next].trailingZeroBitCount)
  }

  /// The first word of the bitmap behind one that has a free block.
  private func nextWord(after word: Int) -> Int {
    let next = word &+ 1
    guard next < summaryStart else { return summaryStart }
    let place = next &>> 6
    let rest = unsafe words[summaryStart &+ place] &>> UInt64(next & 63)
    if rest != 0 { return next &+ rest.trailingZeroBitCount }
    var above = place &+ 1
    guard above < topStart &- summaryStart else { return summaryStart }
    var top = unsafe words[topStart &+ above &>> 6] &>> UInt64(above & 63)
    if top == 0 {
      var index = topStart &+ above &>> 6 &+ 1
      while index < wordCount, unsafe words[index] == 0 { index &+= 1 }
      guard index < wordCount else { return summaryStart }
      above = (index &- topStart) &<< 6
      top = unsafe words[index]
    }
    above &+= top.trailingZeroBitCount
    return above &<< 6 &+ (unsafe words[summaryStart &+ above].trailingZeroBitCount)
  }

  /// How many blocks from one on are free, looking no further than the next word.
  @inline(__always)
  private func freeRun64(from block: Int) -> Int {
    let word = block &>> 6
    let shift = block & 63
    let run = (~(unsafe words[word] &>> UInt64(shift))).trailingZeroBitCount
    guard run == 64 &- shift, word &+ 1 < summaryStart else { return run }
    return run &+ (~(unsafe words[word &+ 1])).trailingZeroBitCount
  }

  /// How many blocks from one on are free, counted up to a limit.
  func freeRun(from block: Int, limit: Int) -> Int {
    var run = 0
    var at = block
    while run < limit, at < blockCount {
      let shift = at & 63
      let ones = (~(unsafe words[at &>> 6] &>> UInt64(shift))).trailingZeroBitCount
      run &+= ones
      if ones < 64 &- shift { break }
      at &+= ones
    }
    return min(run, limit)
  }
}
