/// Block offsets of a region in random order, each once: how a timed loop walks a working set.
///
/// No offset repeats before all were visited, so caches see the whole set; the order is the same
/// for the same seed. Building costs 4 bytes and one step for each block of the region.
@safe
public struct OffsetSequence: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: the buffer is written in `init` only and owned by this value alone.
  private let storage: UnsafeMutablePointer<UInt32>

  /// Offsets in the sequence.
  public let count: Int
  /// Bytes from one block to the next; an offset is an index times this.
  public let blockByteCount: Int

  /// Draws a sequence.
  ///
  /// - Parameters:
  ///   - regionByteCount: bytes of the region; a remainder smaller than a block is not visited.
  ///   - blockByteCount: bytes of a block, positive; the region holds at least one.
  ///   - seed: decides the order.
  ///   - limit: at most so many offsets, drawn from the whole region; positive.
  public init(regionByteCount: Int, blockByteCount: Int, seed: UInt64, limit: Int = .max) {
    precondition(blockByteCount > 0 && limit > 0, "blocks and limit are positive")
    let blocks = regionByteCount / blockByteCount
    precondition(blocks > 0, "the region holds at least one block")
    precondition(blocks <= UInt32.max, "block indices fit 32 bits")
    self.blockByteCount = blockByteCount
    count = min(blocks, limit)
    // SAFETY: every index below is in 0..<blocks, the initialised elements.
    unsafe storage = .allocate(capacity: blocks)
    for index in 0..<blocks { unsafe (storage + index).initialize(to: UInt32(index)) }
    // The shuffle of Fisher and Yates, stopped after the places that are kept.
    var random = RandomBytes(seed: seed)
    for index in 0..<count {
      let other = Int.random(in: index..<blocks, using: &random)
      let kept = unsafe storage[other]
      unsafe storage[other] = storage[index]
      unsafe storage[index] = kept
    }
  }

  deinit {
    // SAFETY: allocated in `init`, owned by this value; the elements are trivial.
    unsafe storage.deallocate()
  }

  /// The byte offset at a place of the sequence.
  public subscript(index: Int) -> Int {
    precondition(index >= 0 && index < count, "the index is in the sequence")
    // SAFETY: checked above.
    return unsafe Int(storage[index]) &* blockByteCount
  }

  /// Lends the block indices to a timed loop.
  public borrowing func withIndices<Result, Failure: Error>(
    _ body: (Span<UInt32>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: `count` elements are initialised and live as long as the borrow.
    try body(unsafe Span(_unsafeStart: storage, count: count))
  }
}
