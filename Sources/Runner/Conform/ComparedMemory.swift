internal import Glibc

/// Two buffers to read both sides into.
@safe final class ComparedMemory {
  static let byteCount = 1 << 20
  private let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 2 * byteCount, alignment: 4096)

  // SAFETY: in all of these the memory is this object's own, and counts are at most `byteCount`.
  deinit { unsafe memory.deallocate() }

  func first(_ count: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
  }

  func second(_ count: Int) -> UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(rebasing: memory[Self.byteCount..<Self.byteCount + count])
  }

  func bytes(_ place: Int) -> (UInt8, UInt8) {
    unsafe (memory[place], memory[Self.byteCount + place])
  }

  /// The first place at which the two differ.
  func firstDifference(_ count: Int) -> Int? {
    guard let base = unsafe memory.baseAddress else { return nil }
    if unsafe memcmp(base, base + Self.byteCount, count) == 0 { return nil }
    return (0..<count).first { bytes($0).0 != bytes($0).1 }
  }
}
