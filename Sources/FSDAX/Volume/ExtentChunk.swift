/// 512 file blocks, one word each: the device block, and the state above it; 0 is a hole.
///
/// The shape of a page table. A B+tree of extents was built first: a copy-on-write of one block in
/// the middle of an extent costs it two splits, and two more in the mirror of it that the reverse
/// map is (ARCHITECTURE.md, Decisions). The price is 4 bytes for each block of a file, however few
/// extents it has, and work per block where a clone moves an extent.
@safe struct ExtentChunk {
  static let blockCount = 512
  static let shift: UInt64 = 9

  // SAFETY: allocated for the counter and all words, freed by the map that made it; an index is
  // below 512 by masking.
  private let words: UnsafeMutablePointer<UInt32>
  private let header: UnsafeMutablePointer<Int>

  /// A chunk of holes.
  init() {
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: 64 + Self.blockCount * 4, alignment: 64)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: 64 + Self.blockCount * 4)
    unsafe header = bytes.assumingMemoryBound(to: Int.self)
    unsafe words = (bytes + 64).assumingMemoryBound(to: UInt32.self)
  }

  /// A chunk as a number, to be kept in a tree.
  var address: UInt { unsafe UInt(bitPattern: header) }

  /// The chunk of such a number, which must not be 0.
  init?(address: UInt) {
    guard let header = unsafe UnsafeMutablePointer<Int>(bitPattern: address) else { return nil }
    unsafe self.header = header
    unsafe words = (UnsafeMutableRawPointer(header) + 64).assumingMemoryBound(to: UInt32.self)
  }

  /// Ends the chunk.
  func free() { unsafe header.deallocate() }

  /// Blocks that are no holes.
  var mappedCount: Int {
    @inline(__always) get { unsafe header.pointee }
    nonmutating set { unsafe header.pointee = newValue }
  }

  /// The word of a block.
  @inline(__always)
  subscript(index: Int) -> UInt32 {
    get { unsafe words[index & (Self.blockCount - 1)] }
    nonmutating set { unsafe words[index & (Self.blockCount - 1)] = newValue }
  }

  /// The first index from `start` on whose word is not `first`, `first + step`, and so on.
  ///
  /// Eight words at a time; a step of 0 looks for the end of holes or of delayed blocks.
  @inline(__always)
  func endOfRun(from start: Int, to end: Int, first: UInt32, step: UInt32) -> Int {
    var index = start
    var expected = first
    let ramp = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7) &* SIMD8(repeating: step)
    while index &+ 8 <= end {
      let eight = unsafe UnsafeRawPointer(words + index).loadUnaligned(as: SIMD8<UInt32>.self)
      if any(eight .!= SIMD8(repeating: expected) &+ ramp) { break }
      index &+= 8
      expected &+= 8 &* step
    }
    while index < end, unsafe words[index] == expected {
      index &+= 1
      expected &+= step
    }
    return index
  }
}

extension ExtentChunk {
  /// The last index from `start` up to `end` whose block is no hole, or nil; eight words at a time.
  @inline(__always)
  func lastMapped(from start: Int, to end: Int) -> Int? {
    var index = end
    while index &- 8 >= start {
      // SAFETY: eight words below `end`, which is at most the number of words.
      let eight = unsafe UnsafeRawPointer(words + index - 8).loadUnaligned(as: SIMD8<UInt32>.self)
      if any(eight .!= SIMD8(repeating: 0)) { break }
      index &-= 8
    }
    while index > start {
      index &-= 1
      if self[index] != 0 { return index }
    }
    return nil
  }

  /// Sets words to `first`, `first + step`, and so on; eight words at a time.
  @inline(__always)
  func fill(from start: Int, to end: Int, first: UInt32, step: UInt32) {
    precondition(start >= 0 && end <= Self.blockCount, "no words of this chunk")
    var index = start
    var word = first
    if end &- start >= 8 {
      let ramp = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7) &* SIMD8(repeating: step)
      while index &+ 8 <= end {
        // SAFETY: eight words below `end`, which is at most the number of words.
        unsafe UnsafeMutableRawPointer(words + index).storeBytes(
          of: SIMD8(repeating: word) &+ ramp, as: SIMD8<UInt32>.self)
        index &+= 8
        word &+= 8 &* step
      }
    }
    while index < end {
      self[index] = word
      index &+= 1
      word &+= step
    }
  }
}

/// What one word says.
enum ExtentWord {
  private static let stateShift: UInt32 = 30
  /// Device blocks have 30 bits: 4 TiB.
  static let deviceLimit: UInt32 = 1 << stateShift

  /// A word for a block; a written block 0 would be a hole, and no group gives its header out.
  @inline(__always)
  static func make(_ device: UInt32, _ state: ExtentState) -> UInt32 {
    state == .delayed ? 3 << stateShift : device | UInt32(state.rawValue) << stateShift
  }

  @inline(__always) static func device(_ word: UInt32) -> UInt32 {
    state(word) == .delayed ? 0 : word & (deviceLimit - 1)
  }

  @inline(__always) static func state(_ word: UInt32) -> ExtentState {
    switch word >> stateShift {
    case 0: .written
    case 1: .unwritten
    default: .delayed
    }
  }

  /// What is added from one block of a run to the next.
  @inline(__always) static func step(_ word: UInt32) -> UInt32 {
    word == 0 || state(word) == .delayed ? 0 : 1
  }
}
