internal import HotCore
internal import Synchronization

/// All files of a volume by number: found without a lock, made under one.
@safe struct InodeTable: ~Copyable, @unchecked Sendable {
  // Sendable: slots are atomic and go from empty to full once.
  private static let chunkShift = 10
  private static let chunkCount = 4096
  private typealias Slot = Atomic<UInt>
  private let chunks: UnsafeMutablePointer<Slot>
  private let lock = SharedLock(rank: LockRank.table)
  private let count = Atomic<Int>(0)
  private let free = Mutex<[UInt32]>([])

  init() {
    unsafe chunks = .allocate(capacity: Self.chunkCount)
    for index in 0..<Self.chunkCount { unsafe (chunks + index).initialize(to: Atomic(0)) }
  }

  deinit {
    for number in numbers { inode(number)?.destroy() }
    for index in 0..<Self.chunkCount { unsafe chunk(index)?.deallocate() }
    unsafe chunks.deallocate()
  }

  /// The numbers ever given out.
  var numbers: Range<UInt32> { 1..<UInt32(count.load(ordering: .acquiring)) + 1 }

  // SAFETY: an index is below the chunk count, and a chunk once stored stays until the end.
  private func chunk(_ index: Int) -> UnsafeMutablePointer<Inode?>? {
    unsafe UnsafeMutablePointer(bitPattern: chunks[index].load(ordering: .acquiring))
  }

  /// The state of a number that was given out, or nil.
  @inline(__always)
  func inode(_ number: UInt32) -> Inode? {
    guard number > 0, number <= UInt32(truncatingIfNeeded: count.load(ordering: .acquiring)) else {
      return nil
    }
    let index = Int(number - 1)
    return unsafe chunk(index >> Self.chunkShift)?[index & (1 << Self.chunkShift - 1)]
  }

  /// A file's state to use anew: one that was given back, or a new one; ENOSPC beyond 4 million.
  func take() throws(Errno) -> Inode {
    if let number = free.withLock({ $0.popLast() }), let inode = inode(number) { return inode }
    lock.lockExclusive()
    defer { lock.unlockExclusive() }
    let index = count.load(ordering: .relaxed)
    let place = index >> Self.chunkShift
    guard place < Self.chunkCount else { throw .ENOSPC }
    if unsafe chunk(place) == nil {
      let made = UnsafeMutablePointer<Inode?>.allocate(capacity: 1 << Self.chunkShift)
      unsafe made.initialize(repeating: nil, count: 1 << Self.chunkShift)
      unsafe chunks[place].store(UInt(bitPattern: made), ordering: .releasing)
    }
    let inode = Inode(number: UInt32(index + 1))
    unsafe chunk(place)?[index & (1 << Self.chunkShift - 1)] = inode
    count.store(index + 1, ordering: .releasing)
    return inode
  }

  /// Gives a removed file's state back.
  func giveBack(_ inode: Inode) { free.withLock { $0.append(inode.number) } }
}
