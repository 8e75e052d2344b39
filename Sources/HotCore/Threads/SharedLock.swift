internal import CHost

/// A reader-writer lock of one cache line: about 6 ns to take and 3 ns to give back uncontended.
///
/// Writers that wait keep new readers out. Locks have a place in an order; debug builds stop a
/// thread that takes one against the order, so that no test run is needed to deadlock first.
@safe
public struct SharedLock: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: the pointer is immutable, and the word behind it is used atomically.
  private let lock: UnsafeMutablePointer<chost_lock>

  /// A free lock.
  ///
  /// - Parameters:
  ///   - rank: What must be taken first has the lower rank.
  ///   - order: Among locks of one rank, the lower order is taken first.
  public init(rank: UInt32, order: UInt64 = 0) {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    unsafe lock = bytes.bindMemory(to: chost_lock.self, capacity: 1)
    unsafe lock.initialize(to: chost_lock())
    unsafe lock.pointee.rank = rank
    unsafe lock.pointee.order = order
  }

  deinit { unsafe lock.deallocate() }

  // SAFETY: in all of these the pointer is this value's own allocation, alive as long as it is.

  /// Takes the lock alone, waiting for whoever holds it.
  public func lockExclusive() { unsafe chost_lock_exclusive(lock) }
  /// Takes the lock alone if nobody holds it.
  public func tryLockExclusive() -> Bool { unsafe chost_lock_try_exclusive(lock) }
  /// Gives back a lock taken alone.
  public func unlockExclusive() { unsafe chost_unlock_exclusive(lock) }
  /// Takes the lock beside other readers.
  public func lockShared() { unsafe chost_lock_shared(lock) }
  /// Gives back a lock taken beside other readers.
  public func unlockShared() { unsafe chost_unlock_shared(lock) }
  /// Lets readers in beside this holder, who goes on as one of them.
  public func downgrade() { unsafe chost_lock_downgrade(lock) }
}

/// A word that threads sleep on: for locks that are bits of something else.
@safe
public struct WaitWord: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: the pointer is immutable, and the word behind it is used atomically.
  private let word: UnsafeMutablePointer<UInt32>

  /// A word nobody sleeps on.
  public init() {
    unsafe word = .allocate(capacity: 1)
    unsafe word.initialize(to: 0)
  }

  deinit { unsafe word.deallocate() }

  /// A ticket to pass to `sleep`, taken before looking at the condition.
  public var ticket: UInt32 { unsafe chost_word_load(word) }
  /// Sleeps unless there was a wake since the ticket was taken; may return early.
  public func sleep(ticket: UInt32) { unsafe chost_futex_wait(word, ticket) }
  /// Wakes sleepers: one, or all of them.
  public func wake(all: Bool) { unsafe chost_word_wake(word, all ? .max : 1) }
}
