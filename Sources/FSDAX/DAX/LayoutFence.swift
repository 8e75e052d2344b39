internal import HotCore
internal import Synchronization

/// The pages that a copying write is at work on, where faults stay out.
///
/// A copy-on-write goes through several steps, with the old block mapped until the last: a fault
/// between them would map blocks about to go, or copy over what was just written.
struct WriteFence: ~Copyable, Sendable {
  private let first = Atomic<UInt64>(0)
  private let end = Atomic<UInt64>(0)

  init() {}

  /// Whether pages are fenced.
  ///
  /// The invalidate lock, held by the caller, orders this after `set`.
  @inline(__always) func covers(_ pages: ClosedRange<UInt64>) -> Bool {
    let end = end.load(ordering: .acquiring)
    if end == 0 { return false }
    return pages.upperBound >= first.load(ordering: .relaxed) && pages.lowerBound < end
  }

  func set(_ pages: Range<UInt64>) {
    first.store(pages.lowerBound, ordering: .relaxed)
    end.store(pages.upperBound, ordering: .releasing)
  }

  func clear() { end.store(0, ordering: .releasing) }
}

extension Volume {
  /// Keeps faults out of a range that a write may copy-on-write; false where nobody maps the file.
  ///
  /// `ioLock` is held alone.
  @inline(__always)
  func fenceFaults(_ inode: Inode, _ position: UInt64, _ byteCount: Int) -> Bool {
    if inode.areas.isEmpty { return false }
    guard inode.isReflink || options.alwaysCopiesOnWrite || options.personality == .btrfs else {
      return false
    }
    inode.writeFence.set(
      BlockRange(position: position, byteCount: UInt64(byteCount)).blocks)
    // Faults that came before have the lock shared until they are done.
    inode.invalidateLock.lockExclusive()
    inode.invalidateLock.unlockExclusive()
    return true
  }
}
