import CHost
import Glibc
import HotCore
import Synchronization
import Testing

@Suite("Trap ranges: life, limits and nesting")
struct TrapLifeTests {
  @Test(
    "a handler may trap in another range", .enabled(if: !isThreadSanitized),
    arguments: TrapMechanism.available)
  func nests(_ mechanism: TrapMechanism) throws {
    for innerMechanism in TrapMechanism.available {
      let inner = try Trapped(mechanism: innerMechanism)
      let outer = try Trapped(mechanism: mechanism, sharing: inner) { trapped, access in
        inner[access.page] = 42
        // What two sharers of a page do: the other one loses its mapping.
        try inner.unmap(access.page)
        return try Trapped.identity(trapped, access)
      }
      for page in 0..<4 {
        #expect(outer[page] == 42)
        #expect(inner.asked() == [write(page)] && outer.asked() == [read(page)])
        #expect(inner[page] == 42 && inner.asked() == [read(page)])
      }
    }
  }

  @Test(
    "a handler may touch its own range on the faulting thread", .enabled(if: !isThreadSanitized))
  func nestsInItself() throws {
    let trapped = try Trapped(mechanism: .signal) { trapped, access in
      if access.page > 0 { trapped[access.page - 1] = UInt8(access.page) }
      return try Trapped.identity(trapped, access)
    }
    trapped[20] = 99
    #expect(trapped.asked() == (0...20).reversed().map(write))
    #expect((0..<20).allSatisfy { trapped[$0] == UInt8($0 + 1) } && trapped[20] == 99)
  }

  @Test("errno is what it was", arguments: TrapMechanism.available)
  func keepsErrno(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(mechanism: mechanism) { trapped, access in
      errno = EPROTO
      return try Trapped.identity(trapped, access)
    }
    errno = EXDEV
    let byte = trapped[3]
    #expect(errno == EXDEV && byte == 0)
  }

  @Test("pages outside of the range or the file are errors", arguments: TrapMechanism.available)
  func bounds(_ mechanism: TrapMechanism) throws {
    let trapped = try Trapped(pages: 8, mechanism: mechanism)
    let bad: [(Int, Int)] = [
      (-1, 1), (512, 1), (0, 0), (0, -1), (511, 2), (1, Int.max), (Int.max, 1), (Int.min, 1),
    ]
    for (page, count) in bad {
      let errors = [
        #expect(throws: ArenaError.self) {
          try trapped.map(page, count: count, at: 0, isWritable: true)
        },
        #expect(throws: ArenaError.self) { try trapped.mapZero(page, count: count) },
        #expect(throws: ArenaError.self) { try trapped.protect(page, count: count) },
        #expect(throws: ArenaError.self) { try trapped.unmap(page, count: count) },
      ]
      #expect(errors.allSatisfy { $0?.code == EINVAL })
    }
    for (filePage, count) in [(8, 1), (7, 2), (-1, 1), (1 << 50, 1)] {
      let error = #expect(throws: ArenaError.self) {
        try trapped.map(0, count: count, at: filePage, isWritable: true)
      }
      #expect(error?.code == EINVAL)
    }
    #expect(trapped[0] == 0 && trapped.asked() == [read(0)])
  }

  @Test("what no range can be made of is an error", arguments: TrapMechanism.available)
  func impossible(_ mechanism: TrapMechanism) {
    let context = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    defer { context.deallocate() }
    func code(_ byteCount: Int, _ descriptor: CInt) -> CInt? {
      #expect(throws: ArenaError.self) {
        _ = try TrapRange(
          byteCount: byteCount, mechanism: mechanism, descriptor: descriptor,
          context: context, handler: { _, _, _ in 1 })
      }?.code
    }
    #expect(code(4096, -1) == EBADF && code(4096, 1 << 20) == EBADF)
    #expect(code(0, 1) == EINVAL && code(-1, 1) == EINVAL && code(Int.max, 1) == EINVAL)
  }

  @Test("more ranges than the table has are an error, and gone ranges leave room")
  func capacity() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<2 {
        var all: [Trapped] = []
        for _ in 0..<TrapRange.capacity { all.append(try Trapped(pages: 1, mechanism: .signal)) }
        for mechanism in TrapMechanism.allCases {
          do {
            _ = try Trapped(pages: 1, mechanism: mechanism)
            exit(1)
          } catch {
            precondition((error as? ArenaError)?.code == ENOSPC)
          }
        }
        all[255][0] = 1
        all[0][0] = 2
        precondition(all[255].asked() == [write(0)] && all[0].asked() == [write(0)])
      }
    }
  }

  @Test("a range that is gone leaves no descriptor, thread or mapping behind")
  func leaks() async {
    await #expect(processExitsWith: .success) {
      func count(_ path: String) -> Int {
        guard let folder = opendir(path) else { return -1 }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        return entries
      }
      func measure() -> [Int] { [count("/proc/self/fd"), count("/proc/self/task")] }
      for mechanism in TrapMechanism.available { _ = try Trapped(pages: 1, mechanism: mechanism) }
      let before = measure()
      for mechanism in TrapMechanism.available {
        for _ in 0..<TrapRange.capacity + 50 {
          let trapped = try Trapped(pages: 1, mechanism: mechanism)
          trapped[0] = 1
          precondition(trapped.asked().count == 1)
        }
      }
      precondition(measure()[0] == before[0] && measure()[1] <= before[1] + 1)
    }
  }

  @Test("addresses of a range that is gone do not trap", arguments: TrapMechanism.available)
  func unregisters(_ mechanism: TrapMechanism) throws {
    let base: UnsafeMutableRawPointer
    do {
      let trapped = try Trapped(mechanism: mechanism)
      base = trapped.base
      trapped[0] = 1
    }
    // Nothing or another test's memory is there now; put our own there if there is nothing.
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | 0x100000  // MAP_FIXED_NOREPLACE
    let mapped = mmap(base, 4096, PROT_NONE, flags, -1, 0)
    guard mapped != MAP_FAILED, let mapped else { return }
    #expect(GuardedAccess.load(mapped) == nil)
    munmap(mapped, 4096)
  }

  @Test(
    "too many mappings are an error that says so, and the pages still trap",
    .enabled(if: !isSanitized, "a sanitizer needs mappings itself"))
  func mappings() async throws {
    let limit = TextFile.number("/proc/sys/vm/max_map_count") ?? 0
    try #require(limit > 0)
    guard limit < 100_000 else { return }
    await #expect(processExitsWith: .success) {
      for mechanism in TrapMechanism.available {
        let trapped = try Trapped(pages: 100_000, mechanism: mechanism)
        var failed: Int?
        for page in 0..<100_000 where failed == nil {
          do {
            // Against the order of the file, so that no two of them are one mapping.
            try trapped.map(page, at: 99_999 - page, isWritable: page % 2 == 0)
          } catch let error as ArenaError {
            guard error.code == ENOMEM && error.description.contains("max_map_count") else {
              exit(11)
            }
            failed = page
          }
        }
        guard let failed else { exit(1) }
        // The handler cannot map it either: a bus error, not a loop. With userfaultfd a bus error
        // takes a mapping too, and without one it is not survived.
        guard mechanism == .userfault || GuardedAccess.load(trapped.base + failed * 4096) == nil
        else { exit(12) }
        guard trapped[0] == 0 else { exit(13) }
        // Taking pages away works at the limit.
        guard (try? trapped.unmap(0, count: 1000)) != nil else { exit(15) }
        _ = trapped.asked()
        guard trapped[5] == 0 && trapped.asked() == [read(5)] else { exit(16) }
        guard (try? trapped.unmap(0, count: 2000)) != nil else { exit(17) }
        guard trapped[failed] == 0 && trapped[500] == 0 else { exit(14) }
      }
    }
  }
}
