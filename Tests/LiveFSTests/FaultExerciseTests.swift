import Glibc
import HotCore
import Testing

@testable import LiveFS

/// A combination an exercise can be asked for.
struct Combination: CustomTestStringConvertible, Sendable {
  var access: FaultAccess
  var memory: FaultMemory
  var pageByteCount: Int
  var threads: Int

  var testDescription: String {
    "\(access.rawValue) \(memory.rawValue) \(pageByteCount) ×\(threads)"
  }

  static let all: [Combination] = FaultMemory.allCases.flatMap { memory in
    FaultAccess.allCases.flatMap { access in
      [4096, 2 << 20].flatMap { page in
        [1, 2].map {
          Combination(access: access, memory: memory, pageByteCount: page, threads: $0)
        }
      }
    }
  }

  /// What no kernel gives.
  var isImpossible: Bool {
    switch (memory, access) {
    case (.hugetlb, _): pageByteCount == 4096
    case (.anonymous, .privateCow), (.memfd, .forkCow): true
    default: false
    }
  }

  /// What every kernel gives, provided there are cores and pages.
  var isUniversal: Bool {
    if isImpossible { return false }
    if memory == .hugetlb { return true }
    return pageByteCount == 4096 && !(memory == .memfd && access == .writeAfterRead)
  }
}

@Suite("Fault exercises", .serialized)
struct FaultExerciseTests {
  /// Two slices of 4 MiB, copied: 8 huge pages at most.
  static let sliceByteCount = 4 << 20

  @Test(
    "each available class takes one fault for each touch and leaves what it promises",
    arguments: Combination.all.filter { $0.memory != .hugetlb })
  func reconciles(_ combination: Combination) throws {
    try exercise(combination)
  }

  @Test(
    "so do the classes of hugetlb memory", .enabled(if: canReserve, "only root fills the pool"),
    arguments: Combination.all.filter { $0.memory == .hugetlb })
  func reconcilesHugetlb(_ combination: Combination) throws {
    guard let reservation = reserveWhenFree(8) else {
      Issue.record("eight huge pages could not be had")
      return
    }
    try exercise(combination)
    reservation.release()
  }

  /// Waits for pages that another process took, so often.
  private func exercise(_ combination: Combination, triesLeft: Int = 50) throws {
    do throws(FaultError) {
      var exercise = try FaultExercise(
        access: combination.access, memory: combination.memory,
        pageByteCount: combination.pageByteCount, threads: combination.threads,
        byteCountPerThread: Self.sliceByteCount)
      #expect(!combination.isImpossible)
      #expect(exercise.threads == combination.threads)
      for pages in [exercise.pagesPerThread, 1, exercise.pagesPerThread / 2] {
        try exercise.rearm()
        let measured = exercise.run(pages: pages)
        #expect(measured.touches == pages * combination.threads)
        // A page or two of the thread's own may fault beside it, which only many touches outweigh.
        let strays = measured.faultsObserved - measured.faultsExpected
        let isFew = measured.touches <= 8
        #expect(measured.isReconciled || (isFew && (0...8).contains(strays)), "\(measured)")
        #expect(measured.cpuNanoseconds > 0 && measured.wallNanoseconds > 0)
        try exercise.verify()
      }
      try exercise.rearm()
      _ = exercise.run(pages: exercise.pagesPerThread)
      if !combination.access.isCopy {
        let proof = exercise.obtainedPages
        #expect(proof.evidence == .none || proof.bytesPerPage == combination.pageByteCount)
      }
    } catch {
      guard case .unavailable(let reason) = error else { throw error }
      #expect(!reason.isEmpty)
      if reason.contains("huge pages"), !combination.isImpossible, triesLeft > 0 {
        usleep(100_000)
        return try exercise(combination, triesLeft: triesLeft - 1)
      }
      let hasCores = allowedCores().count >= combination.threads
      #expect(!(combination.isUniversal && hasCores), "\(reason)")
    }
  }

  @Test("more threads than cores are refused with the reason")
  func refusesThreads() throws {
    let one = Array(allowedCores().prefix(1))
    let error = #expect(throws: FaultError.self) {
      _ = try FaultExercise(
        access: .firstWrite, memory: .anonymous, pageByteCount: 4096, threads: 2,
        byteCountPerThread: 1, cores: one)
    }
    #expect(error == .unavailable(reason: "2 threads need a core each, and 1 core is allowed"))
  }

  @Test("a core that does not exist is a failure, not a crash")
  func refusesCore() {
    let error = #expect(throws: FaultError.self) {
      _ = try FaultExercise(
        access: .firstWrite, memory: .anonymous, pageByteCount: 4096, threads: 1,
        byteCountPerThread: 1, cores: [1023])
    }
    guard case .failed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("a page size the kernel does not have is refused", arguments: [0, 1, 8192, 1 << 30])
  func refusesPageSize(_ pageByteCount: Int) {
    let error = #expect(throws: FaultError.self) {
      _ = try FaultExercise(
        access: .firstWrite, memory: .anonymous, pageByteCount: pageByteCount, threads: 1,
        byteCountPerThread: 1)
    }
    #expect(
      error == .unavailable(reason: "this kernel has no pages of \(pageByteCount) bytes"))
  }

  @Test("hugetlb memory without free pages is refused with the count")
  func refusesEmptyPool() {
    let error = #expect(throws: FaultError.self) {
      _ = try FaultExercise(
        access: .privateCow, memory: .hugetlb, pageByteCount: 2 << 20, threads: 1,
        byteCountPerThread: 1 << 45)
    }
    guard case .unavailable(let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("needs \(2 << 24) free huge pages"))
    #expect(reason.contains("--reserve-hugepages"))
  }

  @Test("running twice without rearming traps")
  func trapsUnarmed() async {
    await #expect(processExitsWith: .failure) {
      var exercise = try FaultExercise(
        access: .firstWrite, memory: .anonymous, pageByteCount: 4096, threads: 1,
        byteCountPerThread: 1)
      _ = exercise.run(pages: 1)
    }
  }

  @Test(
    "no other child inherits the pages of an exercise, or they were shared before a touch",
    arguments: [
      (FaultAccess.forkCow, FaultMemory.anonymous), (.firstWrite, .anonymous),
      (.firstWrite, .memfd), (.privateCow, .memfd),
    ])
  func keepsPagesFromForks(_ access: FaultAccess, _ memory: FaultMemory) throws {
    let pattern = FaultPattern(pageByteCount: 4096, isZero: !access.isCopy)
    let mapping = try FaultMapping(
      access, memory, pageByteCount: 4096, byteCount: 2 << 20, pattern: pattern)
    #expect(try isKeptFromForks(mapping.range))
    var isKeptFromTheChosen: Bool?
    try mapping.inherit { () throws(FaultError) in
      isKeptFromTheChosen = try? isKeptFromForks(mapping.range)
    }
    #expect(isKeptFromTheChosen == false)
    #expect(try isKeptFromForks(mapping.range))
    try mapping.discard()
    #expect(try isKeptFromForks(mapping.range))
  }

  /// Whether the kernel says "do not copy on fork" of the mapping at the start of a range.
  private func isKeptFromForks(_ range: borrowing AddressRange) throws -> Bool {
    let address = String(UInt(bitPattern: range.base), radix: 16) + "-"
    let lines = try TextFile.read("/proc/self/smaps").split(separator: "\n")
    let flags = lines.drop { !$0.hasPrefix(address) }.first { $0.hasPrefix("VmFlags:") }
    return try #require(flags).split(separator: " ").contains("dc")
  }

  @Test(
    "a pool too small for the copies is no failure", .enabled(if: canReserve, "only root may"))
  func smallPool() throws {
    guard let reservation = reserveWhenFree(3) else {
      Issue.record("three huge pages could not be had")
      return
    }
    // Two pages and one of the two copies; a machine may have a larger pool of its own.
    if HugePagePool().counts?.available ?? 0 <= 3 {
      let error = #expect(throws: FaultError.self) {
        _ = try FaultExercise(
          access: .forkCow, memory: .hugetlb, pageByteCount: 2 << 20, threads: 1,
          byteCountPerThread: 4 << 20)
      }
      guard case .unavailable(let reason)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reason.contains("huge pages"))
    }
    reservation.release()
  }

  @Test("running past the slice traps")
  func trapsPastSlice() async {
    await #expect(processExitsWith: .failure) {
      var exercise = try FaultExercise(
        access: .firstWrite, memory: .anonymous, pageByteCount: 4096, threads: 1,
        byteCountPerThread: 1)
      try exercise.rearm()
      _ = exercise.run(pages: 513)
    }
  }
}

/// Whether this user can change the pool of huge pages.
let canReserve = access("\(HugePagePool().directory)/nr_hugepages", W_OK) == 0

/// Reserves pages, waiting while another test or process holds a reservation; nil where a machine
/// or a user cannot.
func reserveWhenFree(_ count: Int) -> HugePageReservation? {
  for _ in 0..<2000 {
    do throws(ArenaError) {
      return try HugePagePool().reserve(count)
    } catch {
      if error.code != EBUSY { return nil }
      usleep(10_000)
    }
  }
  return nil
}
