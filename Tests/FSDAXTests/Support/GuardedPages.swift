import Glibc

/// Readable pages between two unreadable ones, so that a byte too many is a fault.
final class GuardedPages {
  let start: UnsafeMutableRawPointer
  let byteCount: Int
  private let mapping: UnsafeMutableRawPointer

  init(_ byteCount: Int) {
    self.byteCount = (byteCount + 4095) & ~4095
    mapping = mmap(
      nil, self.byteCount + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(mapping != MAP_FAILED)
    start = mapping + 4096
    precondition(mprotect(start, self.byteCount, PROT_READ | PROT_WRITE) == 0)
  }

  deinit { munmap(mapping, byteCount + 8192) }

  /// The last bytes before the guard, and as many unreadable ones behind it as asked for.
  func tail(readable: Int, asked: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start + byteCount - readable, count: asked)
  }

  /// The first byte that cannot be read behind the pages.
  var end: UnsafeRawPointer { UnsafeRawPointer(start + byteCount) }

  /// Fills all pages.
  func fill(_ value: UInt8) { memset(start, Int32(value), byteCount) }

  /// The first bytes behind the guard.
  func head(_ count: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: start, count: count)
  }

  func fill(_ bytes: [UInt8], at pointer: UnsafeMutableRawBufferPointer) {
    for (offset, byte) in bytes.enumerated() { pointer[offset] = byte }
  }

  /// Makes the pages readable only.
  func forbidStores() { precondition(mprotect(start, byteCount, PROT_READ) == 0) }
}
