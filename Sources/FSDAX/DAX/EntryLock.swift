internal import HotCore

/// The threads that wait for locked entries of one tree; made at the first wait.
///
/// A reference; what it refers to is guarded by the tree's lock, but for the sleeping itself.
@safe struct EntryQueues {
  private struct Queue {
    var waiterCount = 0
    /// The entry waited for, and whether others are waited for here too.
    var key: UInt64 = 0
    var isMixed = false
  }

  private static let queueCount = 8
  private let queues: UnsafeMutablePointer<Queue>
  private let words: UnsafeMutablePointer<WaitWord>

  /// Nobody waits.
  init() {
    unsafe queues = .allocate(capacity: Self.queueCount)
    unsafe queues.initialize(repeating: Queue(), count: Self.queueCount)
    unsafe words = .allocate(capacity: Self.queueCount)
    for slot in 0..<Self.queueCount { unsafe (words + slot).initialize(to: WaitWord()) }
  }

  /// Ends the queues; the tree alone calls it, at its own end.
  func destroy() {
    unsafe queues.deinitialize(count: Self.queueCount)
    unsafe queues.deallocate()
    unsafe words.deinitialize(count: Self.queueCount)
    unsafe words.deallocate()
  }

  // SAFETY: a slot is below the count, and the queues stay until the tree ends.

  /// Small entries in a row wait apart, and so do huge ones, which are 512 apart.
  private static func slot(_ key: UInt64) -> Int {
    Int((key ^ key >> 9) & UInt64(queueCount - 1))
  }

  /// Enters a queue; the tree's lock is held.
  func enter(_ key: UInt64) -> UInt32 {
    let queue = unsafe queues + Self.slot(key)
    if unsafe queue.pointee.waiterCount == 0 {
      unsafe queue.pointee.key = key
      unsafe queue.pointee.isMixed = false
    } else if unsafe queue.pointee.key != key {
      unsafe queue.pointee.isMixed = true
    }
    unsafe queue.pointee.waiterCount += 1
    return unsafe words[Self.slot(key)].ticket
  }

  /// Sleeps in the queue entered; the tree's lock is not held.
  func sleep(_ key: UInt64, ticket: UInt32) {
    unsafe words[Self.slot(key)].sleep(ticket: ticket)
  }

  /// Leaves the queue; the tree's lock is held.
  func leave(_ key: UInt64) {
    unsafe queues[Self.slot(key)].waiterCount -= 1
  }

  /// Wakes one waiter for an entry, or all; the tree's lock is held.
  ///
  /// One of several entries' waiters could be the wrong one, so a mixed queue wakes all.
  @inline(__always) func wake(_ key: UInt64, all: Bool) {
    let queue = unsafe queues + Self.slot(key)
    guard unsafe queue.pointee.waiterCount > 0 else { return }
    unsafe words[Self.slot(key)].wake(all: all || queue.pointee.isMixed)
  }
}

/// Locked entries: a bit that serialises the users of one entry.
extension EntryTree {
  // SAFETY, in all of these: the state is the tree's own, touched under its lock.

  /// Sleeps until an entry that is locked may be free; the tree's lock is given up meanwhile.
  func wait(for placed: PlacedEntry, _ ledger: LedgerStripe) {
    ledger.add(.entryWaits)
    let queues = unsafe state.pointee.queues ?? EntryQueues()
    unsafe state.pointee.queues = queues
    let ticket = queues.enter(placed.base)
    lock.unlockExclusive()
    queues.sleep(placed.base, ticket: ticket)
    lock.lockExclusive()
    queues.leave(placed.base)
  }

  /// Wakes one thread that waits for an entry, or all of them; the tree's lock is held.
  @inline(__always) func wake(_ base: UInt64, all: Bool) {
    unsafe state.pointee.queues?.wake(base, all: all)
  }

  /// Locks an entry that is free; the tree's lock is held.
  @inline(__always) func hold(_ placed: PlacedEntry) -> PlacedEntry {
    var held = placed
    held.entry.isLocked = true
    update(held)
    return held
  }

  /// Unlocks an entry and wakes one waiter.
  @inline(__always) func unlock(_ base: UInt64) {
    lock.lockExclusive()
    if var placed = covering(base) {
      placed.entry.isLocked = false
      update(placed)
      wake(base, all: false)
    }
    lock.unlockExclusive()
  }

  /// Takes a locked entry away and wakes all who wait for it.
  func discard(_ held: PlacedEntry) {
    lock.lockExclusive()
    remove(held)
    wake(held.base, all: true)
    lock.unlockExclusive()
  }

  /// Whether any entry of a range is locked just now.
  func hasLocked(in pages: Range<UInt64>) -> Bool {
    lock.lockExclusive()
    defer { lock.unlockExclusive() }
    return next(from: pages.lowerBound, before: pages.upperBound, having: Entry.lockedBit) != nil
  }

  /// The next entry of a range, locked for the caller, who holds no other.
  ///
  /// - Parameters:
  ///   - index: Where to look from.
  ///   - end: The first index not looked at.
  ///   - ledger: Counts.
  /// - Returns: The entry, or nil when there is none left.
  func holdNext(from index: UInt64, before end: UInt64, _ ledger: LedgerStripe) -> PlacedEntry? {
    lock.lockExclusive()
    defer { lock.unlockExclusive() }
    while let placed = next(from: index, before: end) {
      if !placed.entry.isLocked { return hold(placed) }
      wait(for: placed, ledger)
    }
    return nil
  }
}
