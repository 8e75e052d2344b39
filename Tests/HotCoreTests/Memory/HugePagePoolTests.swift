import Glibc
import HotCore
import Testing

/// One reservation exists at a time, on the whole machine: these tests wait for one another, and
/// are skipped where the pool cannot be changed because the user is not root.
@Suite("Huge page reservations", .serialized)
struct HugePagePoolTests {
  private func total() -> Int { HugePagePool().counts?.total ?? -1 }

  @Test(
    "release and deinit restore the former count",
    .enabled(if: canReserve, "only root changes the pool"), arguments: [true, false])
  func restores(explicitly: Bool) throws {
    var before = -1
    do {
      guard let reservation = reserveWhenFree(4) else {
        Issue.record("no huge page reservation could be had")
        return
      }
      before = reservation.foundCount
      #expect((HugePagePool().counts?.available ?? 0) >= 4)
      #expect(total() == before + reservation.grownCount)
      if explicitly { reservation.release() }
    }
    // Another test may hold the next reservation already; when this one holds it, nothing is left.
    guard let next = reserveWhenFree(0) else {
      Issue.record("no huge page reservation could be had")
      return
    }
    #expect(next.foundCount == before)
    #expect(next.grownCount == 0)
  }

  @Test(
    "a second reservation is refused while one is held",
    .enabled(if: canReserve, "only root changes the pool"))
  func refusesSecond() throws {
    guard let first = reserveWhenFree(1) else {
      Issue.record("no huge page reservation could be had")
      return
    }
    let error = #expect(throws: ArenaError.self) { _ = try HugePagePool().reserve(1) }
    #expect(error?.code == EBUSY)
    #expect(total() == first.foundCount + first.grownCount)
  }

  @Test("pages the kernel does not find are refused, and the pool is as before")
  func refusesTooMany() throws {
    // A folder that answers as the kernel does when memory is short: it keeps its former count.
    let folder = ScratchPool(total: 5, free: 2, reserved: 1)
    let error = #expect(throws: ArenaError.self) { _ = try reserveWaiting(folder.pool, 9) }
    #expect(error?.code == ENOMEM)
    #expect(error?.description.contains("for 1 only") == true)
    // The deinit takes back what was asked for: plain files keep it, where the kernel gave none.
    #expect(folder.total == 5)
  }

  @Test("it never shrinks below what it found, nor takes pages that others added")
  func respectsOthers() throws {
    let folder = ScratchPool(total: 5, free: 2, reserved: 0)
    do {
      let reservation = try reserveWaiting(folder.pool, 2)
      #expect(reservation.grownCount == 0 && reservation.foundCount == 5)
    }
    #expect(folder.total == 5)
    folder.write("free_hugepages", 100)
    folder.write("nr_hugepages", 3)
    do {
      let reservation = try reserveWaiting(folder.pool, 100)
      #expect(reservation.grownCount == 0)
      folder.write("nr_hugepages", 1)  // somebody shrank it
    }
    #expect(folder.total == 1)
  }

  @Test(
    "a signal handler's release writes the former count",
    .enabled(if: canReserve, "only root changes the pool"))
  func releasesFromSignal() async {
    await #expect(processExitsWith: .exitCode(3)) {
      signal(SIGTERM) { _ in
        HugePagePool.releaseFromSignalHandler()
        _exit(3)
      }
      guard let reservation = reserveWhenFree(2) else { _exit(3) }  // not root
      let note = "/tmp/daxmark-found-\(getppid())"
      let file = open(note, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
      let text = Array("\(reservation.foundCount)\n".utf8)
      _ = write(file, text, text.count)
      // Another thread takes the signal: those that run tests block it.
      kill(getpid(), SIGTERM)
      sleep(10)
      _ = reservation.grownCount
    }
    let note = "/tmp/daxmark-found-\(getpid())"
    defer { unlink(note) }
    guard let next = reserveWhenFree(0), let found = TextFile.number(note) else {
      Issue.record("no huge page reservation could be had")
      return
    }
    #expect(next.foundCount == found)
  }

  @Test("a kernel without the pool is a sentence")
  func missing() {
    #expect(HugePagePool(directory: "/no/such").counts == nil)
    let error = #expect(throws: ArenaError.self) {
      _ = try HugePagePool(directory: "/no/such").reserve(1)
    }
    #expect(error?.description.contains("this kernel has no 2 MiB hugetlb pages") == true)
  }

  private func reserveWaiting(_ pool: HugePagePool, _ count: Int) throws -> HugePageReservation {
    for _ in 0..<2000 {
      do throws(ArenaError) { return try pool.reserve(count) } catch {
        if error.code != EBUSY { throw error }
        usleep(10_000)
      }
    }
    throw ArenaError("reserve", code: EBUSY, "no turn in 20 s")
  }
}

/// A folder of plain files in the place of the kernel's.
private struct ScratchPool: ~Copyable {
  private let folder = ScratchFolder()
  var pool: HugePagePool { HugePagePool(directory: folder.path) }
  var total: Int? { TextFile.number("\(folder.path)/nr_hugepages") }

  init(total: Int, free: Int, reserved: Int) {
    write("nr_hugepages", total)
    write("free_hugepages", free)
    write("resv_hugepages", reserved)
  }

  deinit {
    for name in ["nr_hugepages", "free_hugepages", "resv_hugepages"] {
      unlink("\(folder.path)/\(name)")
    }
  }

  func write(_ name: String, _ value: Int) {
    let file = open("\(folder.path)/\(name)", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    let text = Array("\(value)\n".utf8)
    _ = Glibc.write(file, text, text.count)
    close(file)
  }
}
