internal import Glibc
public import HotCore

/// Page faults of one class, taken again and again.
///
/// Each thread has a slice of one mapping, a multiple of 2 MiB, and touches one byte of each page
/// in it. `rearm` puts the pages back to where the touch faults, outside what is timed; `run` is
/// the timed part, nothing but the loop; `verify` reads what the pages hold. Creating an exercise
/// takes one pass of trial, so that a class this kernel does not have is told before measuring.
public struct FaultExercise: ~Copyable {
  /// The class of fault.
  public let access: FaultAccess
  /// What backs the pages.
  public let memory: FaultMemory
  /// The page size asked for; one touch and one expected fault for each.
  public let pageByteCount: Int
  /// Pages in a thread's slice.
  public let pagesPerThread: Int

  private let crew: FaultCrew
  private let mapping: FaultMapping
  private let pattern: FaultPattern
  private var state: State

  private enum State: Equatable {
    case spent
    case armed
    case touched(pages: Int)
  }

  /// Maps the pages, starts the threads, and tries one pass.
  ///
  /// - Parameters:
  ///   - access: the class of fault.
  ///   - memory: what backs the pages.
  ///   - pageByteCount: 4096 or 2097152.
  ///   - threads: threads touching at once, each pinned to a core of its own.
  ///   - byteCountPerThread: bytes of a thread's slice, rounded up to 2 MiB.
  ///   - cores: where the threads may run; by default where the calling thread may. A caller that
  ///     has pinned itself passes the list it read before.
  /// - Throws: `FaultError.unavailable` when the combination takes no fault of this class here.
  public init(
    access: FaultAccess, memory: FaultMemory, pageByteCount: Int, threads: Int,
    byteCountPerThread: Int, cores: [Int] = allowedCores()
  ) throws(FaultError) {
    precondition(threads > 0 && byteCountPerThread > 0, "at least a thread and a page")
    try FaultRules.check(access, memory, pageByteCount: pageByteCount)
    let slice = (byteCountPerThread + hugePageByteCount - 1) & ~(hugePageByteCount - 1)
    if memory == .hugetlb {
      let pages = slice / hugePageByteCount * threads
      try FaultRules.checkPool(pages: pages, isCopy: access.isCopy)
    }
    let crew = try FaultCrew(count: threads, cores: cores)
    let pattern = FaultPattern(pageByteCount: pageByteCount, isZero: !access.isCopy)
    let mapping = try FaultMapping(
      access, memory, pageByteCount: pageByteCount, byteCount: slice * threads, pattern: pattern)
    // Tried before it becomes `self`: an initialiser cannot throw with a noncopyable `self` made.
    var made = FaultExercise(access, memory, pageByteCount, slice, crew, mapping, pattern)
    try made.tryOut()
    self = made
  }

  private init(
    _ access: FaultAccess, _ memory: FaultMemory, _ pageByteCount: Int, _ sliceByteCount: Int,
    _ crew: consuming FaultCrew, _ mapping: consuming FaultMapping,
    _ pattern: consuming FaultPattern
  ) {
    self.access = access
    self.memory = memory
    self.pageByteCount = pageByteCount
    pagesPerThread = sliceByteCount / pageByteCount
    self.crew = crew
    self.mapping = mapping
    self.pattern = pattern
    state = .spent
  }

  /// Threads touching at once.
  public var threads: Int { crew.count }

  /// The page size found now, after a pass.
  ///
  /// It may be smaller than asked for the classes that copy: a kernel may split a shared huge
  /// page, or leave the file's, and copy 4 KiB. Costs a walk of the page tables.
  public var obtainedPages: PageProof { mapping.pages }

  /// Puts every page back to where a touch takes the fault of this class.
  ///
  /// Not timed.
  ///
  /// - Throws: `FaultError.failed`, or `unavailable` when huge pages stopped coming.
  public mutating func rearm() throws(FaultError) {
    try disarm()
    switch access {
    case .readUntouched, .firstWrite, .privateCow: break
    case .writeAfterRead: _ = touch(pages: pagesPerThread, isWrite: false)
    case .forkCow:
      mapping.fill(pattern)
      let found = mapping.pages.bytesPerPage
      guard found >= pageByteCount else { throw FaultRules.smallPages(memory, got: found) }
      try mapping.inherit { () throws(FaultError) in try crew.hold() }
    }
    state = .armed
  }

  /// Gives the pages back and ends the child, until `rearm`.
  ///
  /// For an exercise that waits while others are measured: a child shares all private memory of
  /// this process but arenas, and makes the first write to each such page a fault.
  ///
  /// - Throws: `FaultError.failed` when the kernel refuses.
  public mutating func disarm() throws(FaultError) {
    state = .spent
    crew.release()
    try mapping.discard()
  }

  /// Touches one byte of each of the first pages of every thread's slice: the timed part.
  ///
  /// - Parameter pages: pages for each thread, at most `pagesPerThread`; traps otherwise, and when
  ///   the exercise was not rearmed since the last run.
  /// - Returns: times and counts of the touching alone; starting threads and meeting at the gate
  ///   are outside.
  public mutating func run(pages: Int) -> FaultMeasurement {
    precondition(pages > 0 && pages <= pagesPerThread, "the pages lie in a slice")
    precondition(state == .armed, "rearm before each run")
    state = .touched(pages: pages)
    return touch(pages: pages, isWrite: access.isWrite)
  }

  /// Reads what the last run left: each page of this process, and where pages were copied, the
  /// file's or the child's page, which must not have changed.
  ///
  /// - Throws: `FaultError.failed` naming the first page that is wrong.
  public func verify() throws(FaultError) {
    guard case .touched(let pages) = state else {
      preconditionFailure("verify what was run")
    }
    // SAFETY: a page of room, freed below; every address read lies in the mapping.
    let source = UnsafeMutableRawPointer.allocate(byteCount: pageByteCount, alignment: 64)
    defer { unsafe source.deallocate() }
    for thread in 0..<threads {
      for page in 0..<pages {
        let index = thread * pagesPerThread + page
        let address = unsafe mapping.range.base + index * pageByteCount
        guard unsafe pattern.matches(address, index: index, isTouched: access.isWrite) else {
          throw .failed(reason: "page \(index) does not hold what \(access.rawValue) promises")
        }
        if !access.isCopy { continue }
        let code = unsafe readSource(index, at: address, into: source)
        // Where the pool has no page for the copy, the kernel takes the child's.
        if code == EFAULT, memory == .hugetlb, access == .forkCow {
          throw .unavailable(reason: "others took huge pages that the copies need")
        }
        guard code == 0 else {
          throw .failed(reason: "the source of page \(index) cannot be read back: errno \(code)")
        }
        guard unsafe pattern.matches(source, index: index, isTouched: false) else {
          throw .failed(reason: "the write to page \(index) reached the page it was copied from")
        }
      }
    }
  }

  /// One whole pass, judged.
  private mutating func tryOut() throws(FaultError) {
    try rearm()
    let trial = run(pages: pagesPerThread)
    try FaultRules.check(
      trial, access, memory, pageByteCount: pageByteCount, obtained: obtainedPages)
    try verify()
  }

  private func touch(pages: Int, isWrite: Bool) -> FaultMeasurement {
    // SAFETY: the mapping consists of one slice for each thread, and a slice of `pagesPerThread`
    // pages.
    unsafe crew.touch(
      mapping.range.base, sliceByteCount: pagesPerThread * pageByteCount,
      pageByteCount: pageByteCount, pages: pages, isWrite: isWrite)
  }

  /// Reads the page that a copy was made of; 0, or the errno value.
  ///
  /// - Safety: `target` has room for a page.
  @unsafe private func readSource(
    _ index: Int, at address: UnsafeRawPointer, into target: UnsafeMutableRawPointer
  ) -> CInt {
    if access == .privateCow {
      return unsafe mapping.readFile(page: index, into: target) ? 0 : EIO
    }
    return unsafe crew.peek(address, into: target, byteCount: pageByteCount)
  }
}
