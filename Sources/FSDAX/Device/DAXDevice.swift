internal import HotCore
internal import Synchronization

/// What a device is made of.
public struct DeviceOptions: Sendable {
  /// Bytes; rounded down to whole pages, at least two of them.
  public var byteCount: Int
  /// Which copies it asks for.
  public var copyMode: CopyMode
  /// The durable copy routine its bytes move with, by its name in the hot core.
  public var routine: String
  /// Whether its memory can be mapped elsewhere too, as real mappings of files need.
  public var isMappable: Bool

  /// A device like persistent memory, in private huge pages.
  public init(
    byteCount: Int, copyMode: CopyMode = .pmem, routine: String = "auto", isMappable: Bool = false
  ) {
    self.byteCount = byteCount
    self.copyMode = copyMode
    self.routine = routine
    self.isMappable = isMappable
  }
}

/// Byte-addressable storage: an arena, its poison, and the ways bytes are moved on it.
///
/// Addresses are byte offsets on the device; frames are its 4 KiB pages.
@safe struct DAXDevice: ~Copyable, @unchecked Sendable {
  // Sendable: everything is immutable, atomic or behind a lock; bytes of the arena are kept apart
  // by the locks of whoever owns the blocks.
  static let pageByteCount = 4096
  static let pageShift = 12

  let arena: Arena
  let pageCount: Int
  let copyMode: CopyMode
  let badBlocks = BadBlocks()
  let holder = Holder()
  let routines: DeviceRoutines
  private let isDead = Atomic<Bool>(false)
  private let refusesHealing = Atomic<Bool>(false)

  /// Maps and faults in the memory; ENOMEM without it, EOPNOTSUPP for a routine that cannot run.
  init(_ options: DeviceOptions) throws(Errno) {
    guard let routines = DeviceRoutines(options.copyMode, named: options.routine) else {
      throw .EOPNOTSUPP
    }
    let backing: ArenaBacking = options.isMappable ? .memfd(.base) : .transparentHuge
    let arena: Arena
    do throws(ArenaError) {
      arena = try Arena(backing, byteCount: max(options.byteCount & ~4095, 8192))
    } catch {
      throw Errno(rawValue: error.code)
    }
    pageCount = arena.byteCount >> Self.pageShift
    copyMode = options.copyMode
    self.routines = routines
    self.arena = arena
  }

  /// The first byte.
  @unsafe @inline(__always) var base: UnsafeMutableRawPointer {
    // SAFETY: the arena lives as long as the device.
    unsafe arena.base
  }

  /// Bytes.
  var byteCount: Int { pageCount << Self.pageShift }

  /// Ends all access, as removal of the device does.
  func kill() { isDead.store(true, ordering: .releasing) }

  /// Whether the device still answers.
  @inline(__always) var isAlive: Bool { !isDead.load(ordering: .acquiring) }

  /// Makes clearing of poison fail, as a medium that is worn out does.
  func setHealing(_ works: Bool) { refusesHealing.store(!works, ordering: .relaxed) }

  /// How many of `count` pages from `page` on may be accessed at once.
  ///
  /// Poison inside is EHWPOISON in normal mode; in recovery mode the window ends with the page
  /// before the first bad sector, and has at least one page. Source: specification, section 9.
  @inline(__always)
  func access(page: Int, count: Int, _ mode: AccessMode = .normal) throws(Errno) -> Int {
    guard isAlive else { throw .ENXIO }
    guard count >= 0, page >= 0 else { throw .EINVAL }
    let available = min(count, pageCount - page)
    guard available > 0 else { throw .ERANGE }
    if badBlocks.isEmpty { return available }
    return try poisonedAccess(page: page, count: available, mode)
  }

  private func poisonedAccess(
    page: Int, count: Int, _ mode: AccessMode
  ) throws(Errno) -> Int {
    let first = page << 3
    guard let bad = badBlocks.first(in: first..<first + count << 3) else { return count }
    if mode == .normal { throw .EHWPOISON }
    return max((bad - first + 7) >> 3, 1)
  }

  /// Whether the medium clears poison.
  var canHeal: Bool { !refusesHealing.load(ordering: .relaxed) }

  /// Clears poison from whole sectors; false where the medium refuses.
  func clearPoison(_ bytes: Range<Int>) -> Bool {
    if !canHeal { return false }
    badBlocks.remove(bytes.lowerBound >> 9..<(bytes.upperBound + 511) >> 9)
    return true
  }
}
