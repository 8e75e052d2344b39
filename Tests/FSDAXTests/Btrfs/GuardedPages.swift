import Foundation

/// Two pages of memory, and behind them two that cannot be read.
final class GuardedPages {
  private let base: UnsafeMutableRawPointer
  private static let byteCount = 8192

  /// The first byte that cannot be read.
  var end: UnsafeRawPointer { unsafe UnsafeRawPointer(base + Self.byteCount) }

  init() {
    // SAFETY: a mapping of its own, at least as long as the object.
    unsafe base = mmap(
      nil, 2 * Self.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    unsafe mprotect(base + Self.byteCount, Self.byteCount, PROT_NONE)
  }

  deinit { unsafe munmap(base, 2 * Self.byteCount) }

  func fill(_ value: UInt8) { unsafe memset(base, Int32(value), Self.byteCount) }
}
