internal import Glibc

/// Where the operands of a timed call live when it begins.
public enum Residency: Sendable {
  /// One pair of blocks, in the first-level cache.
  case l1
  /// A rotation larger than the private caches that fits the last-level cache.
  case lastLevel
  /// A rotation larger than the last-level cache.
  case memory
}

/// The memory all exercises of a worker share: three regions of one arena.
///
/// `source` holds random bytes and is never written. `twin` holds the same bytes; an exercise that
/// changes some puts them back. `target` is scratch. Each region is twice the last-level cache, so
/// that a rotation over it finds nothing cached; a gap keeps verification of a first or last block
/// away from the neighbour. The user's data of an edge copy lie behind the regions.
public final class WorkingSet {
  /// Bytes of each region.
  public let regionByteCount: Int
  /// The caches the residencies refer to.
  public let topology: CacheTopology

  private let arena: Arena
  private var rotations: [RotationKey: Rotation] = [:]

  private static let gap = 2 << 20
  static let dataByteCount = 2 << 20
  private static let regionLimit = 512 << 20
  /// Places of a rotation over one block: the more, the less its end costs in the mean.
  private static let cachedPlaces = 1024

  /// Maps, faults in and fills the working set.
  ///
  /// - Parameters:
  ///   - descriptor: a shared memory file to map and, when it is too short, to extend, so that
  ///     several workers share the same pages; nil for memory of its own.
  ///   - hugePages: whether to ask for transparent huge pages.
  /// - Throws: `ArenaError` when the memory is not to be had.
  public init(descriptor: CInt?, hugePages: Bool) throws(ArenaError) {
    topology = CacheTopology()
    let wanted = max(2 * topology.llcByteCount, 64 << 20)
    regionByteCount = min((wanted + Self.gap - 1) & ~(Self.gap - 1), Self.regionLimit)
    let byteCount = 3 * (regionByteCount + Self.gap) + Self.gap + Self.dataByteCount
    if let descriptor {
      // Every worker makes the file at least as long as it needs it; none shortens it.
      let end = lseek(descriptor, 0, SEEK_END)
      if end >= 0, end < byteCount { _ = ftruncate(descriptor, byteCount) }
      arena = try Arena(
        adopting: dup(descriptor), pages: hugePages ? .transparentHuge : .base,
        byteCount: byteCount)
    } else {
      arena = try Arena(hugePages ? .transparentHuge : .anonymous, byteCount: byteCount)
    }
    unsafe fill(base(0), seed: 0xda1, byteCount: regionByteCount)
    // SAFETY: four regions lie inside the arena, by the sizes above.
    unsafe base(1).copyMemory(from: base(0), byteCount: regionByteCount)
    unsafe base(2).initializeMemory(as: UInt8.self, repeating: 0xa5, count: regionByteCount)
    unsafe fill(base(3), seed: 0xda2, byteCount: Self.dataByteCount)
  }

  private func fill(_ start: UnsafeMutableRawPointer, seed: UInt64, byteCount: Int) {
    var generator = RandomBytes(seed: seed)
    // SAFETY: the caller passes a region of the arena with its size.
    var span = unsafe MutableRawSpan(_unsafeStart: start, byteCount: byteCount)
    generator.fill(&span)
  }

  /// Where the rotation stands of the exercise that ran last, in any process that maps the set.
  ///
  /// It lies in the first bytes, before the first region. What stands there is not trusted: other
  /// builds may put something else.
  public var turn: Int {
    // SAFETY: the arena begins with a gap, of which only the end serves as a margin.
    get { unsafe max(arena.base.load(as: Int.self), 0) }
    set { unsafe arena.base.storeBytes(of: newValue, as: Int.self) }
  }

  /// Bytes of the smallest page obtained, proven.
  public var pageByteCount: Int { arena.pages.bytesPerPage }

  /// Whether rotations over a region exceed the last-level cache; they do not when the cache is
  /// larger than the regions may become.
  public var exceedsLastLevelCache: Bool { regionByteCount >= 2 * topology.llcByteCount }

  /// Runs a body whose forked children have the working set; tracing forks one.
  public func whileInherited<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    arena.setInherited(byChildren: true)
    defer { arena.setInherited(byChildren: false) }
    return try body()
  }

  private func base(_ index: Int) -> UnsafeMutableRawPointer {
    // SAFETY: index 0…3; the arena holds a gap before each region and was sized for all four.
    unsafe arena.base + Self.gap + index * (regionByteCount + Self.gap)
  }

  /// First byte of the random, never written region.
  @unsafe var source: UnsafeRawPointer { unsafe UnsafeRawPointer(base(0)) }
  /// First byte of the region equal to the source.
  @unsafe var twin: UnsafeMutableRawPointer { unsafe base(1) }
  /// First byte of the scratch region.
  @unsafe var target: UnsafeMutableRawPointer { unsafe base(2) }
  /// First byte of the user's data.
  @unsafe var data: UnsafeRawPointer { unsafe UnsafeRawPointer(base(3)) }

  /// The rotation for blocks of a size in a residency.
  ///
  /// Blocks begin `unitByteCount` apart, so they overlap when that is less than `byteCount`; all
  /// their bytes lie in the region, and there are blocks for `rangeByteCount` at least. With
  /// `differingBy`, only blocks take part whose first byte differs from the byte so far behind it.
  func rotation(
    _ residency: Residency, unitByteCount: Int, byteCount: Int, rangeByteCount: Int = 0,
    differingBy shift: Int? = nil
  ) -> Rotation {
    let span =
      switch residency {
      case .l1: max(byteCount, rangeByteCount)
      case .lastLevel:
        min(max(topology.llcByteCount / 8, byteCount, rangeByteCount), regionByteCount)
      case .memory: regionByteCount
      }
    let key = RotationKey(
      unitByteCount: unitByteCount, count: max((span - byteCount) / unitByteCount + 1, 1),
      shift: shift, isCached: residency == .l1)
    if let known = rotations[key] { return known }
    let sequence = OffsetSequence(
      regionByteCount: key.count * unitByteCount, blockByteCount: unitByteCount,
      seed: UInt64(unitByteCount))
    let made = Rotation(sequence, repeated: residency == .l1 ? Self.cachedPlaces : 1) { unit in
      guard let shift else { return true }
      // SAFETY: unit lies in the region, and the shift is smaller than the gap behind it.
      let place = unsafe source + Int(unit) * unitByteCount
      return unsafe place.load(as: UInt8.self) != (place + shift).load(as: UInt8.self)
    }
    rotations[key] = made
    return made
  }

  private struct RotationKey: Hashable {
    let unitByteCount: Int
    let count: Int
    let shift: Int?
    let isCached: Bool
  }
}

/// Block indices in the order in which a timed loop visits them.
@safe final class Rotation {
  let count: Int
  /// Places before the blocks repeat.
  let distinctCount: Int
  /// `count` indices, alive as long as the rotation.
  @unsafe let units: UnsafePointer<UInt32>

  /// The blocks of a sequence that pass, all of them so many times; at least one must pass.
  init(
    _ sequence: borrowing OffsetSequence, repeated times: Int, where passes: (UInt32) -> Bool
  ) {
    // SAFETY: allocated for every index of the sequence; the first `kept` are initialised.
    let storage = UnsafeMutablePointer<UInt32>.allocate(capacity: times * sequence.count)
    var kept = 0
    for _ in 0..<times {
      sequence.withIndices { indices in
        for index in indices.indices where passes(indices[index]) {
          unsafe (storage + kept).initialize(to: indices[index])
          kept += 1
        }
      }
    }
    precondition(kept > 0, "random bytes differ somewhere")
    count = kept
    distinctCount = kept / times
    unsafe units = UnsafePointer(storage)
  }

  deinit { unsafe units.deallocate() }
}
