internal import Synchronization

/// Owners of 512 aligned blocks at once: two places for each such span.
///
/// A clone of a large extent, and a huge page, make one file the owner of a whole span, block after
/// block. One place says so for all of them, and a bit for each block whether it still holds: who
/// leaves with one block clears a bit, where a record for each block would be a cold line. The
/// holder of the group's lock changes places; whether a span has any is asked without it.
@safe struct SpanOwners {
  static let shift = 9
  static let blockCount = 512
  private static let placeCount = 2
  /// The file block of the span's first, how many bits are set, and the bits.
  private static let wordCount = 10

  // SAFETY: `files` has two elements for each span and `words` ten for each of those, initialised
  // until `free`; blocks were checked by the group.
  private let files: UnsafeMutablePointer<Atomic<UInt32>>
  private let words: UnsafeMutablePointer<UInt64>

  /// Places for so many blocks, all of them empty.
  init(blockCount: Int) {
    let count = ((blockCount + Self.blockCount - 1) >> Self.shift + 1) * Self.placeCount
    unsafe files = .allocate(capacity: count)
    for place in 0..<count { unsafe (files + place).initialize(to: Atomic(0)) }
    unsafe words = .allocate(capacity: count * Self.wordCount)
    unsafe words.initialize(repeating: 0, count: count * Self.wordCount)
  }

  /// Ends the places.
  func free() {
    unsafe files.deallocate()
    unsafe words.deallocate()
  }

  /// The file of a place, or 0.
  @inline(__always)
  private func file(_ place: Int) -> UInt32 { unsafe files[place].load(ordering: .relaxed) }

  @inline(__always)
  private func places(_ block: UInt32) -> Range<Int> {
    let first = Int(block) >> Self.shift * Self.placeCount
    return first..<first + Self.placeCount
  }

  /// Whether a block's span has no owner of all; no lock is needed for this hint.
  @inline(__always)
  func isEmpty(_ block: UInt32) -> Bool {
    let places = places(block)
    return file(places.lowerBound) == 0 && file(places.lowerBound + 1) == 0
  }

  /// Makes a file the owner of all blocks of the span that starts at a block.
  ///
  /// - Parameters:
  ///   - block: The span's first block.
  ///   - inode: The file.
  ///   - first: The file block of that block.
  /// - Returns: False, and nothing changed, where both places are taken.
  @inline(__always)
  func insert(_ block: UInt32, inode: UInt32, first: UInt64) -> Bool {
    for place in places(block) where file(place) == 0 {
      let words = unsafe words + place * Self.wordCount
      unsafe words[0] = first
      unsafe words[1] = UInt64(Self.blockCount)
      unsafe (words + 2).update(repeating: .max, count: Self.wordCount - 2)
      unsafe files[place].store(inode, ordering: .relaxed)
      return true
    }
    return false
  }

  /// Undoes `insert`; false, and nothing changed, where no place has all of these blocks.
  @inline(__always)
  func removeAll(_ block: UInt32, inode: UInt32, first: UInt64) -> Bool {
    for place in places(block) where file(place) == inode {
      let words = unsafe words + place * Self.wordCount
      guard unsafe words[0] == first && words[1] == UInt64(Self.blockCount) else { continue }
      unsafe files[place].store(0, ordering: .relaxed)
      return true
    }
    return false
  }

  /// Removes the owner of one block; false, and nothing changed, where no place has it.
  @inline(__always)
  func remove(_ block: UInt32, inode: UInt32, owned: UInt64) -> Bool {
    for place in places(block) where file(place) == inode {
      let words = unsafe words + place * Self.wordCount
      guard unsafe has(words, block, owned) else { continue }
      let inside = Int(block) & (Self.blockCount - 1)
      unsafe words[2 + inside >> 6] &= ~(1 << UInt64(inside & 63))
      unsafe words[1] &-= 1
      if unsafe words[1] == 0 { unsafe files[place].store(0, ordering: .relaxed) }
      return true
    }
    return false
  }

  /// Whether a place that is taken says that a block is a file's block.
  @unsafe @inline(__always)
  private func has(_ words: UnsafeMutablePointer<UInt64>, _ block: UInt32, _ owned: UInt64) -> Bool
  {
    let inside = Int(block) & (Self.blockCount - 1)
    return unsafe words[0] &+ UInt64(inside) == owned
      && words[2 + inside >> 6] >> UInt64(inside & 63) & 1 == 1
  }

  /// Appends the owners of a block.
  func owners(of block: UInt32, into owners: inout [BlockOwner]) {
    for place in places(block) where file(place) != 0 {
      let words = unsafe words + place * Self.wordCount
      let owned = unsafe words[0] &+ UInt64(Int(block) & (Self.blockCount - 1))
      if unsafe has(words, block, owned) {
        owners.append(BlockOwner(inode: file(place), block: owned))
      }
    }
  }
}
