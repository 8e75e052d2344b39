internal import CHost
internal import Glibc
internal import HotCore

/// Which fault on a file's pages.
public enum FileFaultAccess: String, CaseIterable, Sendable {
  /// A load from a page that is in the cache and not mapped.
  case read
  /// A store to such a page.
  case firstWrite = "first-write"
  /// A store to a page that was only read through the mapping so far.
  case writeAfterRead = "write-after-read"
  /// A store to a page whose block is shared with another file.
  case sharedCow = "shared-cow"
  /// A store to a private mapping: the kernel copies the page.
  case privateCow = "private-cow"

  var isWrite: Bool { self != .read }
}

/// Page faults on a real file, threads touching slices of one mapping.
///
/// The file is in the page cache, clean and unmapped before each run. A kernel may map more than
/// the page touched, by fault-around or by a large folio; then the faults are fewer than touches,
/// and the measurement says so instead of giving a rate.
public final class FileFaultExercise: LiveExercise {
  /// Pages of all threads together.
  public let callLimit: Int
  /// Threads touching at once.
  public let threads: Int
  /// Bytes from one touch to the next.
  public let pageByteCount: Int
  private let access: FileFaultAccess
  private let pair: LivePair
  private let crew: FaultCrew
  private var mapping: LiveMapping?
  private var touched = 0
  private let pagesPerThread: Int

  /// Makes the files and starts the threads.
  ///
  /// - Parameters:
  ///   - target: where.
  ///   - access: the class of fault.
  ///   - pageByteCount: 4096 or 2097152.
  ///   - threads: threads, each pinned to a core of its own.
  ///   - byteCountPerThread: bytes of a slice, rounded up to 2 MiB.
  ///   - cores: where the threads may run.
  /// - Throws: `FaultError`, `unavailable` too when huge pages are asked and small ones come.
  public init(
    _ target: LiveTarget, access: FileFaultAccess, pageByteCount: Int, threads: Int,
    byteCountPerThread: Int = 4 << 20, cores: [Int] = allowedCores()
  ) throws(FaultError) {
    guard pageByteCount == basePageByteCount || pageByteCount == hugePageByteCount else {
      throw .unavailable(reason: "this kernel has no pages of \(pageByteCount) bytes")
    }
    guard threads > 0, byteCountPerThread > 0, byteCountPerThread <= 1 << 30 else {
      throw .unavailable(reason: "at least a thread and a page, at most 1 GiB for each")
    }
    if access == .sharedCow { try target.require(.reflink) }
    let slice = (byteCountPerThread + hugePageByteCount - 1) & ~(hugePageByteCount - 1)
    pagesPerThread = slice / pageByteCount
    callLimit = pagesPerThread * threads
    self.access = access
    self.pageByteCount = pageByteCount
    self.threads = threads
    crew = try FaultCrew(count: threads, cores: cores)
    pair = try LivePair(target, byteCount: slice * threads)
    try exercising { () throws(LiveError) in
      try pair.fillSource()
      if access != .sharedCow { try pair.fillTarget() }
    }
    if pageByteCount == hugePageByteCount { try proveHugePages(target) }
  }

  /// Unmaps, restores what was written, reads the pages into the cache, and maps anew.
  public func rearm() throws(FaultError) {
    mapping = nil
    touched = 0
    mapping = try exercising { () throws(LiveError) in
      if access == .sharedCow {
        try pair.share()
      } else {
        // In place, so that the blocks stay the ones they were.
        try unsafe pair.target.writeAll(pair.contents.all, at: 0)
        try pair.target.sync()
      }
      if pageByteCount == basePageByteCount {
        try pair.warmSingly(pair.target)
      } else {
        try pair.warm(pair.target, at: 0, byteCount: pair.byteCount)
      }
      let mapping = try pair.target.map(
        at: 0, byteCount: pair.byteCount, isShared: access != .privateCow)
      let isHuge = pageByteCount == hugePageByteCount
      _ = mapping.advise(Int32(isHuge ? CHOST_MADV_HUGEPAGE : CHOST_MADV_NOHUGEPAGE))
      return mapping
    }
    if access == .sharedCow {
      let shared = try exercising { () throws(LiveError) in
        try pair.target.sharedByteCount(at: 0, byteCount: pair.byteCount)
      }
      guard shared == pair.byteCount else {
        throw .failed(reason: "\(shared) of \(pair.byteCount) bytes are shared before the faults")
      }
    }
    if access == .writeAfterRead { _ = touch(pagesPerThread, isWrite: false) }
  }

  /// Touches the first pages of every thread's slice, `calls` together.
  public func run(calls: Int) throws(FaultError) -> LiveMeasurement {
    precondition(calls >= threads && calls <= callLimit && touched == 0, "rearmed, in the limit")
    var measured = LiveMeasurement()
    try exercising { () throws(LiveError) in try pair.note(&measured, byteCount: pair.byteCount) }
    // A page that has left the cache is read from the disk, with its neighbours, by one fault.
    if measured.targetResidentByteCount < pair.byteCount {
      measured.invalid = LiveMeasurement.residencyLost
      return measured
    }
    touched = calls / threads
    let span = touch(touched, isWrite: access.isWrite)
    measured.calls = span.touches
    measured.cpuNanoseconds = span.cpuNanoseconds
    measured.wallNanoseconds = span.wallNanoseconds
    measured.byteCount = span.touches * pageByteCount
    measured.involuntarySwitches = span.involuntarySwitches
    measured.faultsExpected = span.faultsExpected
    measured.faultsObserved = span.faultsObserved
    if !span.isReconciled {
      measured.invalid = Self.reason(access, touches: span.touches, faults: span.faultsObserved)
    }
    if access != .privateCow && access.isWrite {
      var meter = LiveMeter()
      try exercising { () throws(LiveError) in try meter.sync(pair.target) }
      measured.syncCount = meter.measured.syncCount
      measured.syncNanoseconds = meter.measured.syncNanoseconds
    }
    return measured
  }

  /// Checks the bytes of both files, and that written blocks are shared no more.
  public func verify() throws(FaultError) {
    try pair.check(pair.source, "source")
    var places: [Int] = []
    if access.isWrite {
      for thread in 0..<threads {
        for page in 0..<touched {
          places.append((thread * pagesPerThread + page) * pageByteCount)
        }
      }
    }
    let stored = LiveBytes(count: 1, seed: 0)
    // SAFETY: one byte, within it.
    unsafe stored.room[0] = FaultPattern.touched
    if access == .privateCow {
      try pair.check(pair.target, "target")
      for place in places {
        // SAFETY: every place lies in the mapping, which lives as long as this object's run.
        guard unsafe mapping?.bytes[place] == FaultPattern.touched else {
          throw .failed(reason: "the private page at \(place) does not hold what was stored")
        }
      }
      return
    }
    try pair.check(pair.target, "target", other: stored, at: places)
    if access != .sharedCow { return }
    for extent in try exercising({ () throws(LiveError) in try pair.target.extents() })
    where extent.isShared {
      let end = extent.logical + extent.byteCount
      if let place = places.first(where: { $0 >= extent.logical && $0 < end }) {
        throw .failed(reason: "the page stored to at \(place) still shares its block")
      }
    }
  }

  private func touch(_ pages: Int, isWrite: Bool) -> FaultMeasurement {
    // SAFETY: the mapping consists of one slice for each thread; it lives until the next rearming.
    unsafe crew.touch(
      base, sliceByteCount: pagesPerThread * pageByteCount, pageByteCount: pageByteCount,
      pages: pages, isWrite: isWrite)
  }

  /// The first byte of the mapping.
  ///
  /// - Safety: valid until the next rearming.
  @unsafe private var base: UnsafeMutableRawPointer {
    guard let base = unsafe mapping?.bytes.baseAddress else {
      preconditionFailure("rearm before each run")
    }
    return unsafe base
  }

  /// Touches every page once and refuses when the page tables show small ones.
  private func proveHugePages(_ target: LiveTarget) throws(FaultError) {
    try rearm()
    _ = touch(pagesPerThread, isWrite: access.isWrite)
    // SAFETY: the mapping is whole until the next rearming.
    let proof = unsafe PageProof.of(base, byteCount: pair.byteCount)
    mapping = nil
    if proof.bytesPerPage < hugePageByteCount {
      throw .unavailable(
        reason: "\(target.filesystem.type) maps this access by pages of 4 KiB: of "
          + "\(proof.presentByteCount >> 10) KiB, \(proof.hugeByteCount >> 10) are huge")
    }
  }

  /// Why touches and faults differ.
  ///
  /// - Parameters:
  ///   - access: the class of fault.
  ///   - touches: pages touched.
  ///   - faults: faults counted.
  /// - Returns: what kernels are known to do, with the counts.
  public static func reason(_ access: FileFaultAccess, touches: Int, faults: Int) -> String {
    let counts = "\(touches) touches took \(faults) faults: "
    if faults > touches { return counts + "the kernel took some twice" }
    if access == .read {
      return counts + "the kernel maps the pages around one (fault-around, large folios)"
    }
    if access == .writeAfterRead, faults * 100 < touches {
      return counts + "the kernel maps the pages writable at the read already"
    }
    return counts + "the kernel maps large folios as a whole"
  }
}
