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
  /// `ioLock` is held alone. Throws EAGAIN, with no fence, for a fault under way without waiting.
  @inline(__always)
  func fenceFaults(
    _ inode: Inode, _ position: UInt64, _ byteCount: Int, waits: Bool
  ) throws(Errno) -> Bool {
    if inode.areas.isEmpty { return false }
    guard inode.isReflink || options.alwaysCopiesOnWrite || options.personality == .btrfs else {
      return false
    }
    inode.writeFence.set(
      BlockRange(position: position, byteCount: UInt64(byteCount)).blocks)
    // Faults that came before have the lock shared until they are done.
    if waits {
      inode.invalidateLock.lockExclusive()
    } else if !inode.invalidateLock.tryLockExclusive() {
      inode.writeFence.clear()
      throw .EAGAIN
    }
    inode.invalidateLock.unlockExclusive()
    return true
  }

  /// EAGAIN for a range with an entry that a fault or a write-back is at work on.
  ///
  /// Before anything is changed: blocks allocated under an entry that stays would not be seen
  /// through it, and marks once cleared would be lost. So an entry locked later is waited for.
  @inline(never)
  func refuseLocked(
    _ inode: Inode, _ position: UInt64, _ byteCount: Int
  ) throws(Errno) {
    if inode.entries.isEmpty { return }
    let pages = BlockRange(position: position, byteCount: UInt64(byteCount)).blocks
    if inode.entries.hasLocked(in: pages) { throw .EAGAIN }
  }
}
