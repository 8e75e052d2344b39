internal import HotCore

/// The locks of a clone or dedupe: of both files, in the order of their numbers.
///
/// Source: fsdax specification of this project, section 5.5.
struct RemapLocks: ~Copyable {
  private let source: Inode
  private let first: Inode
  /// Nil when both ranges lie in one file.
  private let second: Inode?
  private var isDemoted = false

  /// Takes both files alone and breaks their layouts; throws with nothing held.
  init(
    source: Inode, target: Inode, _ volume: borrowing Volume, _ ledger: LedgerStripe
  ) throws(Errno) {
    self.source = source
    first = source.number <= target.number ? source : target
    second = source == target ? nil : source.number < target.number ? target : source
    first.ioLock.lockExclusive()
    second?.ioLock.lockExclusive()
    do throws(Errno) {
      try Self.invalidate(first, second, volume, ledger)
    } catch {
      second?.ioLock.unlockExclusive()
      first.ioLock.unlockExclusive()
      throw error
    }
  }

  /// Takes pages away from mappings of both files: the first may wait for pins, the second may not,
  /// for whoever waits holds the first.
  ///
  /// DAX or not: all mappings here show frames of the device, and one left writable would go on
  /// storing into blocks that are shared by then.
  private static func invalidate(
    _ first: Inode, _ second: Inode?, _ volume: borrowing Volume, _ ledger: LedgerStripe
  ) throws(Errno) {
    while true {
      first.invalidateLock.lockExclusive()
      do throws(Errno) {
        try volume.breakAllLayouts(first, ledger)
      } catch {
        first.invalidateLock.unlockExclusive()
        throw error
      }
      guard let second else { return }
      second.invalidateLock.lockExclusive()
      do throws(Errno) {
        try volume.breakAllLayouts(second, ledger, waits: false)
        return
      } catch {
        second.invalidateLock.unlockExclusive()
        first.invalidateLock.unlockExclusive()
        if error != .ERESTARTSYS { throw error }
      }
      // Waits for the pins with nothing but this file held, and starts again.
      second.invalidateLock.lockExclusive()
      defer { second.invalidateLock.unlockExclusive() }
      try volume.breakAllLayouts(second, ledger)
    }
  }

  /// Lets readers of the source in while its blocks are shared; nothing with one file only.
  ///
  /// Write faults find the mark with the lock they took shared, and take it alone instead.
  mutating func demoteSource() {
    guard second != nil, !isDemoted else { return }
    isDemoted = true
    source.isRemapping = true
    source.invalidateLock.downgrade()
    source.ioLock.downgrade()
  }

  /// Gives everything back.
  func unlock() {
    if isDemoted { source.isRemapping = false }
    if let second { unlock(second) }
    unlock(first)
  }

  private func unlock(_ inode: Inode) {
    if isDemoted && inode == source {
      inode.invalidateLock.unlockShared()
      inode.ioLock.unlockShared()
    } else {
      inode.invalidateLock.unlockExclusive()
      inode.ioLock.unlockExclusive()
    }
  }
}

extension Inode {
  /// Takes `invalidateLock` for a fault: shared, but alone for a write while a clone shares blocks.
  ///
  /// - Parameter isWrite: Whether the fault makes the page writable.
  /// - Returns: Whether it was taken alone, for `unlockAfterFault`.
  @inline(__always)
  func lockForFault(isWrite: Bool) -> Bool {
    invalidateLock.lockShared()
    // The mark changes only under the lock taken alone, or by its last shared holder.
    guard isWrite, isRemapping else { return false }
    invalidateLock.unlockShared()
    invalidateLock.lockExclusive()
    return true
  }

  /// Gives back what `lockForFault` took.
  @inline(__always)
  func unlockAfterFault(isExclusive: Bool) {
    if isExclusive { invalidateLock.unlockExclusive() } else { invalidateLock.unlockShared() }
  }
}

extension Volume {
  /// The whole file, as XFS asks for it.
  private static let wholeFile = UInt64(Int.max & ~4095)

  /// ERESTARTSYS where a frame is pinned and this may not wait.
  fileprivate func breakAllLayouts(
    _ inode: Inode, _ ledger: LedgerStripe, waits: Bool = true
  ) throws(Errno) {
    // What a page cache has is written back in any profile: H9 is about DAX alone.
    if !inode.attributes.isDAX { try writeBack(inode, 0..<Self.wholeFile >> 12, ledger) }
    try breakLayouts(inode, 0, Self.wholeFile, ledger, waits: waits)
  }
}
