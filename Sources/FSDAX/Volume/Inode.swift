internal import HotCore
internal import Synchronization

/// The state of one file.
///
/// Which lock guards what stands with each field.
@safe struct InodeState: ~Copyable {
  /// Never read, for the thread sanitizer.
  ///
  /// It takes the change of any field, made through an accessor, for one of the first. So fields
  /// changed so have one lock, and others an allocation of their own.
  private let unused: UInt64 = 0
  let number: UInt32
  /// Taken alone to change data or size, shared to read.
  let ioLock: SharedLock
  /// Taken shared by faults, alone by whatever takes pages away from mappings.
  let invalidateLock: SharedLock
  /// Guards the extents; the innermost lock of a file.
  let extentLock: SharedLock

  // Guarded by extentLock.
  var data = ExtentMap()
  var cow = ExtentMap()
  var isReflink = false
  var hasUnsyncedMetadata = false

  /// Changed under ioLock; faults read it without.
  let size = Atomic<UInt64>(0)
  /// Whether a clone shares its blocks with its locks held shared; set under invalidateLock alone.
  let isRemapping = Atomic<Bool>(false)
  /// How often faults put blocks in the place of others; raised under extentLock alone.
  let replacementCount = Atomic<UInt64>(0)
  /// Changed under ioLock and invalidateLock, read under either.
  var generation: UInt32 = 0
  var isLive = false
  /// Guarded by ioLock; what faults go by changes under invalidateLock as well.
  let attributes: UnsafeMutablePointer<FileAttributes>

  /// Its own lock inside.
  let entries: EntryTree
  /// The file's mappings; their own lock inside.
  let areas: AreaList
  /// The attributes' extent hints, the one for copy-on-write above, for faults, which do not hold
  /// ioLock.
  let hints = Atomic<UInt64>(0)
  /// Set under ioLock, read under invalidateLock.
  let writeFence = WriteFence()
  /// The number of the error a writeback met since the last sync, or 0.
  let writebackError = Atomic<Int32>(0)

  init(number: UInt32) {
    self.number = number
    ioLock = SharedLock(rank: LockRank.io, order: UInt64(number))
    invalidateLock = SharedLock(rank: LockRank.invalidate, order: UInt64(number))
    extentLock = SharedLock(rank: LockRank.extents, order: UInt64(number))
    entries = EntryTree(inode: number)
    areas = AreaList(inode: number)
    unsafe attributes = .allocate(capacity: 1)
    unsafe attributes.initialize(to: FileAttributes())
  }

  deinit {
    // SAFETY: made above, and the last user is gone with the volume.
    unsafe attributes.deinitialize(count: 1)
    unsafe attributes.deallocate()
  }
}

/// The order in which locks are taken.
///
/// A locked entry stands between invalidate and extents.
enum LockRank {
  static let io: UInt32 = 1
  static let invalidate: UInt32 = 2
  static let entries: UInt32 = 3
  static let extents: UInt32 = 4
  static let group: UInt32 = 5
  static let frames: UInt32 = 6
  static let table: UInt32 = 7
  static let areas: UInt32 = 8
  static let area: UInt32 = 9
}

/// A reference to a file's state that costs nothing to pass: no count, no exclusivity check.
///
/// The volume frees no state before itself, so a reference is valid wherever the volume is; a file
/// that was removed is found by its generation.
@safe struct Inode: Hashable, @unchecked Sendable {
  // Sendable: a reference; each field of the state has its lock.
  private let state: UnsafeMutablePointer<InodeState>

  init(number: UInt32) {
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: InodeState(number: number))
  }

  /// Ends the state; the volume alone calls it, at its own end.
  func destroy() {
    unsafe state.deinitialize(count: 1)
    unsafe state.deallocate()
  }

  // SAFETY: in all of these the state is alive (see above), and callers hold the field's lock.

  static func == (left: Inode, right: Inode) -> Bool { left.number == right.number }
  func hash(into hasher: inout Hasher) { hasher.combine(number) }

  var number: UInt32 { unsafe state.pointee.number }
  var id: FileID { FileID(number: number, generation: generation) }
  var ioLock: SharedLock { _read { yield unsafe state.pointee.ioLock } }
  var invalidateLock: SharedLock { _read { yield unsafe state.pointee.invalidateLock } }
  var extentLock: SharedLock { _read { yield unsafe state.pointee.extentLock } }
  var data: ExtentMap {
    _read { yield unsafe state.pointee.data }
    nonmutating _modify { yield unsafe &state.pointee.data }
  }
  var cow: ExtentMap {
    _read { yield unsafe state.pointee.cow }
    nonmutating _modify { yield unsafe &state.pointee.cow }
  }
  var entries: EntryTree { _read { yield unsafe state.pointee.entries } }
  var areas: AreaList { _read { yield unsafe state.pointee.areas } }
  var writeFence: WriteFence { _read { yield unsafe state.pointee.writeFence } }

  /// Keeps an error for the next sync.
  func recordWritebackError(_ error: Errno) {
    unsafe state.pointee.writebackError.store(error.rawValue, ordering: .releasing)
  }
  /// The error kept, once.
  func takeWritebackError() -> Errno? {
    let number = unsafe state.pointee.writebackError.exchange(0, ordering: .acquiringAndReleasing)
    return number == 0 ? nil : Errno(rawValue: number)
  }
  var isReflink: Bool {
    get { unsafe state.pointee.isReflink }
    nonmutating set { unsafe state.pointee.isReflink = newValue }
  }
  var hasUnsyncedMetadata: Bool {
    get { unsafe state.pointee.hasUnsyncedMetadata }
    nonmutating set { unsafe state.pointee.hasUnsyncedMetadata = newValue }
  }
  var generation: UInt32 {
    get { unsafe state.pointee.generation }
    nonmutating set { unsafe state.pointee.generation = newValue }
  }
  var isLive: Bool {
    get { unsafe state.pointee.isLive }
    nonmutating set { unsafe state.pointee.isLive = newValue }
  }
  var isRemapping: Bool {
    @inline(__always) get { unsafe state.pointee.isRemapping.load(ordering: .acquiring) }
    nonmutating set { unsafe state.pointee.isRemapping.store(newValue, ordering: .releasing) }
  }
  /// How often faults have replaced blocks; taken before a look at the extents.
  var replacementCount: UInt64 {
    @inline(__always) get { unsafe state.pointee.replacementCount.load(ordering: .acquiring) }
  }
  /// Whether faults have replaced blocks since the count was taken; asked after a copy from them.
  @inline(__always) func hasReplaced(since count: UInt64) -> Bool {
    // The copy comes first: what it read may be what the next owner of a block stored.
    atomicMemoryFence(ordering: .acquiring)
    return unsafe state.pointee.replacementCount.load(ordering: .relaxed) != count
  }
  /// Says that a fault is about to replace blocks; `extentLock` is held alone.
  func noteReplacement() {
    let count = unsafe state.pointee.replacementCount.load(ordering: .relaxed)
    unsafe state.pointee.replacementCount.store(count &+ 1, ordering: .relaxed)
    // This comes first: behind it the old blocks may become somebody's own.
    atomicMemoryFence(ordering: .releasing)
  }
  var size: UInt64 {
    get { unsafe state.pointee.size.load(ordering: .acquiring) }
    nonmutating set { unsafe state.pointee.size.store(newValue, ordering: .releasing) }
  }
  /// The extent hint and the one for copy-on-write, without ioLock.
  var hints: (extent: UInt32, cow: UInt32) {
    let both = unsafe state.pointee.hints.load(ordering: .relaxed)
    return (UInt32(truncatingIfNeeded: both), UInt32(both >> 32))
  }
  /// Has faults see the hints of the attributes; ioLock is held alone.
  func publishHints() {
    let both = UInt64(attributes.cowExtentHint) << 32 | UInt64(attributes.extentHint)
    unsafe state.pointee.hints.store(both, ordering: .relaxed)
  }
  var attributes: FileAttributes {
    _read { yield unsafe state.pointee.attributes.pointee }
    nonmutating _modify {
      // In two steps: one would be an access to the whole state.
      let attributes = unsafe state.pointee.attributes
      yield unsafe &attributes.pointee
    }
  }
}
