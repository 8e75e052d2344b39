internal import HotCore
internal import Synchronization

/// The mappings of one file, so that its pages can be taken away from all of them.
@safe struct AreaList: ~Copyable, @unchecked Sendable {
  // Sendable: the count is atomic, the pointer immutable and what it points to behind the lock.
  private let lock: SharedLock
  private let tables: UnsafeMutablePointer<[AreaTable]>
  private let count = Atomic<Int>(0)

  /// No mappings of an inode.
  init(inode: UInt32) {
    lock = SharedLock(rank: LockRank.areas, order: UInt64(inode))
    unsafe tables = .allocate(capacity: 1)
    unsafe tables.initialize(to: [])
  }

  deinit {
    unsafe tables.deinitialize(count: 1)
    unsafe tables.deallocate()
  }

  // SAFETY: the array is touched under the lock; a table in it is alive, for its area takes it out
  // under the lock, alone, before it ends it.

  /// Whether nobody maps the file, without a lock.
  @inline(__always) var isEmpty: Bool { count.load(ordering: .acquiring) == 0 }

  func insert(_ table: AreaTable) {
    lock.lockExclusive()
    unsafe tables.pointee.append(table)
    unsafe count.store(tables.pointee.count, ordering: .releasing)
    lock.unlockExclusive()
  }

  func remove(_ table: AreaTable) {
    lock.lockExclusive()
    unsafe tables.pointee.removeAll { $0 == table }
    unsafe count.store(tables.pointee.count, ordering: .releasing)
    lock.unlockExclusive()
  }

  /// Takes file pages away from all mappings; private copies go too where asked.
  @inline(__always) func unmap(_ file: Range<UInt64>, dropsCopies: Bool = false) {
    if isEmpty { return }
    change(file) { $0.clear($1, dropsCopies: dropsCopies) }
  }

  /// Makes stores into file pages fault again.
  func protect(_ file: Range<UInt64>) {
    if isEmpty { return }
    change(file) { $0.protect($1) }
  }

  private func change(_ file: Range<UInt64>, _ body: (AreaTable, Range<Int>) -> Void) {
    lock.lockShared()
    defer { lock.unlockShared() }
    for table in unsafe tables.pointee {
      let pages = table.pages(of: file)
      if pages.isEmpty { continue }
      table.lock.lockExclusive()
      body(table, pages)
      table.lock.unlockExclusive()
    }
  }
}
