internal import HotCore
internal import Synchronization

/// The cached entries of one file, by index: a radix tree whose leaves are 2 MiB of the file.
///
/// A leaf holds one huge entry or up to 512 small ones; sparse files with any offset cost a leaf
/// for each 2 MiB used. All is guarded by `lock` but the page count. Leaves stay until their whole
/// range is deleted, so that a page dropped and faulted again costs no allocation.
@safe struct EntryTree: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer is immutable, what it points to is touched under `lock`.

  /// The words of a leaf: the small entries, the huge one, how many small ones there are.
  typealias Leaf = UnsafeMutablePointer<UInt64>
  typealias Node = UnsafeMutablePointer<UInt>
  static let fanOut = 512
  static let fanShift: UInt64 = 9
  private static let hugeWord = 512
  private static let usedWord = 513
  private static let leafWordCount = 514

  struct State: ~Copyable {
    /// A leaf when `height` is 0, otherwise a node of that height.
    var root: UInt = 0
    var height: UInt64 = 0
    /// Made at the first wait.
    var queues: EntryQueues?
  }

  let lock: SharedLock
  let state: UnsafeMutablePointer<State>
  private let pages = Atomic<Int>(0)

  /// An empty tree of an inode.
  init(inode: UInt32) {
    lock = SharedLock(rank: LockRank.entries, order: UInt64(inode))
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: State())
  }

  deinit {
    forgetEntries()
    releaseAll()
    unsafe state.pointee.queues?.destroy()
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
  }

  /// Whether there is no entry, without the lock.
  @inline(__always) var isEmpty: Bool { pageCount == 0 }
  /// Pages cached, 512 for a huge entry, placeholders too.
  @inline(__always) var pageCount: Int { pages.load(ordering: .acquiring) }

  // SAFETY: in all of these the lock is held (or the tree is alone), and words lie inside the
  // leaves and nodes, which are as long as said above and end with the tree only.

  /// The entry that covers an index.
  @inline(__always) func covering(_ index: UInt64) -> PlacedEntry? {
    guard let leaf = unsafe leaf(index >> Self.fanShift) else { return nil }
    if unsafe leaf[Self.hugeWord] != 0 {
      return unsafe PlacedEntry(
        base: index & ~(Entry.hugeCount - 1), entry: Entry(bits: leaf[Self.hugeWord]))
    }
    let bits = unsafe leaf[Int(index & (Entry.hugeCount - 1))]
    return bits == 0 ? nil : PlacedEntry(base: index, entry: Entry(bits: bits))
  }

  /// Whether a huge entry has no place at an index: small ones are there.
  func hasSmallEntries(around index: UInt64) -> Bool {
    guard let leaf = unsafe leaf(index >> Self.fanShift) else { return false }
    return unsafe leaf[Self.usedWord] != 0
  }

  /// Changes an entry that is there, of the same size.
  @inline(__always) func update(_ placed: PlacedEntry) {
    guard let leaf = unsafe leaf(placed.base >> Self.fanShift) else { return }
    unsafe leaf[word(of: placed)] = placed.entry.bits
  }

  /// Adds an entry where there is none.
  @inline(__always) func insert(_ placed: PlacedEntry) {
    let leaf = unsafe makeLeaf(placed.base >> Self.fanShift)
    unsafe leaf[word(of: placed)] = placed.entry.bits
    if !placed.entry.isHuge { unsafe leaf[Self.usedWord] += 1 }
    count(Int(placed.entry.pageCount))
  }

  /// Takes an entry away.
  func remove(_ placed: PlacedEntry) {
    guard let leaf = unsafe leaf(placed.base >> Self.fanShift) else { return }
    unsafe leaf[word(of: placed)] = 0
    if !placed.entry.isHuge { unsafe leaf[Self.usedWord] -= 1 }
    count(-Int(placed.entry.pageCount))
  }

  /// Turns a huge entry with frames into 512 small ones, unlocked, with its marks.
  func split(_ placed: PlacedEntry) {
    guard let leaf = unsafe leaf(placed.base >> Self.fanShift) else { return }
    unsafe leaf[Self.hugeWord] = 0
    for offset in 0..<Self.fanOut { unsafe leaf[offset] = placed.entry.page(offset).bits }
    unsafe leaf[Self.usedWord] = UInt64(Self.fanOut)
  }

  /// The first entry at or behind an index, and before an end, that has all bits of a mask.
  ///
  /// A huge one that covers the index is the first.
  func next(from index: UInt64, before end: UInt64, having mask: UInt64 = 0) -> PlacedEntry? {
    var cursor = index
    while cursor < end, let (key, leaf) = unsafe leaf(atOrAfter: cursor >> Self.fanShift) {
      let first = key << Self.fanShift
      if first >= end { return nil }
      let huge = unsafe leaf[Self.hugeWord]
      if huge != 0, huge & mask == mask {
        return PlacedEntry(base: first, entry: Entry(bits: huge))
      }
      let start = max(cursor, first)
      if unsafe leaf[Self.usedWord] > 0 {
        let stop = min(end - first, Entry.hugeCount)
        for offset in Int(start - first)..<Int(stop) {
          let bits = unsafe leaf[offset]
          if bits != 0, bits & mask == mask {
            return PlacedEntry(base: first + UInt64(offset), entry: Entry(bits: bits))
          }
        }
      }
      cursor = first + Entry.hugeCount
    }
    return nil
  }

  @inline(__always) private func word(of placed: PlacedEntry) -> Int {
    placed.entry.isHuge ? Self.hugeWord : Int(placed.base & (Entry.hugeCount - 1))
  }

  @inline(__always) private func count(_ amount: Int) {
    pages.store(pages.load(ordering: .relaxed) + amount, ordering: .releasing)
  }

  private func forgetEntries() {
    var cursor: UInt64 = 0
    while let placed = next(from: cursor, before: .max) {
      remove(placed)
      cursor = placed.pages.upperBound
    }
  }

  /// Whether a leaf is in use.
  @unsafe func hasEntries(_ leaf: Leaf) -> Bool {
    unsafe leaf[Self.hugeWord] != 0 || leaf[Self.usedWord] != 0
  }

  /// A leaf without entries.
  @unsafe static func newLeaf() -> Leaf {
    let leaf = Leaf.allocate(capacity: leafWordCount)
    unsafe leaf.initialize(repeating: 0, count: leafWordCount)
    return unsafe leaf
  }
}
