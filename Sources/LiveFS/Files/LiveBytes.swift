internal import Glibc
internal import HotCore

/// Random bytes in memory that is aligned for direct I/O.
@safe
struct LiveBytes: ~Copyable {
  private let base: UnsafeMutableRawPointer
  let count: Int

  /// Bytes drawn from a seed; 0 gives zeros.
  init(count: Int, seed: UInt64) {
    self.count = count
    // SAFETY: freshly allocated with at least one byte, filled as a whole here, freed in `deinit`.
    let made = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 4096)
    unsafe memset(made, 0, max(count, 1))
    if seed != 0 {
      var bytes = unsafe MutableRawSpan(_unsafeStart: made, byteCount: count)
      var random = RandomBytes(seed: seed)
      random.fill(&bytes)
    }
    unsafe base = made
  }

  /// The bytes of a text.
  init(text: String) {
    self.init(count: text.utf8.count, seed: 0)
    // SAFETY: as many bytes as were allocated.
    unsafe room.copyBytes(from: text.utf8)
  }

  deinit {
    // SAFETY: allocated in `init`, owned by this value.
    unsafe base.deallocate()
  }

  /// The bytes.
  ///
  /// - Safety: not used after this value is gone.
  @unsafe var all: UnsafeRawBufferPointer { unsafe .init(start: base, count: count) }

  /// The bytes, to be written.
  ///
  /// - Safety: as for `all`.
  @unsafe var room: UnsafeMutableRawBufferPointer { unsafe .init(start: base, count: count) }

  /// Whether the bytes equal another buffer's, from offsets of both on.
  func equals(_ other: borrowing LiveBytes, at offset: Int, from start: Int, count: Int) -> Bool {
    precondition(start + count <= self.count && offset + count <= other.count, "within both")
    // SAFETY: both ranges lie in memory that the two values own.
    return unsafe memcmp(base + start, other.base + offset, count) == 0
  }
}
