import CHost
import Glibc
import HotCore
import Testing

@Suite("Arenas")
struct ArenaTests {
  static let sizes = [1, 4095, 4096, 4097, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 5 << 20]
  static let privileged: [ArenaBacking] = [.hugetlb, .memfd(.hugetlb)]

  /// What every arena promises, whatever backs it.
  private func checkPromises(_ arena: consuming Arena, byteCount: Int) {
    #expect(arena.byteCount == byteCount)
    #expect(arena.mappedByteCount >= byteCount)
    #expect(Int(bitPattern: arena.base) % (2 << 20) == 0)
    #expect(arena.pages.evidence != .none)
    // Faulted in as a whole: no page is left to fault later.
    #expect(arena.pages.presentByteCount >= byteCount)
    #expect(arena.base.load(as: UInt8.self) == 0)
    #expect(arena.base.load(fromByteOffset: byteCount - 1, as: UInt8.self) == 0)
    arena.withMutableBytes { bytes in
      #expect(bytes.byteCount == byteCount)
      bytes.storeBytes(of: 0xA5, toByteOffset: byteCount - 1, as: UInt8.self)
    }
    let last = arena.withBytes { $0.unsafeLoad(fromByteOffset: byteCount - 1, as: UInt8.self) }
    #expect(last == 0xA5)
  }

  @Test("base, length, page size and bytes", arguments: sizes)
  func promises(_ byteCount: Int) throws {
    let small: [ArenaBacking] = [.anonymous, .memfd(.base)]
    for backing in small {
      let arena = try Arena(backing, byteCount: byteCount)
      #expect(arena.backing == backing && !arena.isPmem)
      #expect(arena.pages.bytesPerPage == 4096 && arena.pages.hugeByteCount == 0)
      #expect((arena.descriptor != nil) == (backing == .memfd(.base)))
      checkPromises(arena, byteCount: byteCount)
    }
    for backing in [ArenaBacking.transparentHuge, .memfd(.transparentHuge)] {
      let arena = try Arena(backing, byteCount: byteCount)
      #expect([4096, 2 << 20].contains(arena.pages.bytesPerPage))
      checkPromises(arena, byteCount: byteCount)
    }
  }

  @Test("transparent huge pages come when the kernel grants them", arguments: [1, 6 << 20])
  func transparentHuge(_ byteCount: Int) throws {
    let setting = TextFile.choice("/sys/kernel/mm/transparent_hugepage/enabled")
    let arena = try Arena(.transparentHuge, byteCount: byteCount)
    if setting == "always" || setting == "madvise" {
      #expect(arena.pages.bytesPerPage == 2 << 20)
      #expect(arena.pages.hugeByteCount == arena.mappedByteCount)
    } else {
      #expect(arena.pages.bytesPerPage == 4096)
    }
  }

  @Test(
    "hugetlb arenas are of huge pages", .enabled(if: canReserve, "only root fills the pool"),
    arguments: sizes)
  func hugetlb(_ byteCount: Int) throws {
    guard let reservation = reserveWhenFree(3) else {
      Issue.record("three huge pages could not be had")
      return
    }
    for backing in Self.privileged {
      let arena = try Arena(backing, byteCount: byteCount)
      #expect(arena.pages.bytesPerPage == 2 << 20)
      checkPromises(arena, byteCount: byteCount)
    }
    reservation.release()
  }

  @Test("without pages in the pool the error says what to do", arguments: privileged)
  func emptyPool(_ backing: ArenaBacking) {
    let error = #expect(throws: ArenaError.self) {
      _ = try Arena(backing, byteCount: 1 << 45)
    }
    #expect(error?.code == ENOMEM)
    #expect(error?.description.contains("--reserve-hugepages") == true)
  }

  @Test("byte counts that no machine has are errors, not traps", arguments: [0, -1, Int.min, .max])
  func impossibleSizes(_ byteCount: Int) {
    let folder = ScratchFolder()
    let path = "\(folder.path)/data"
    for backing in [
      ArenaBacking.anonymous, .transparentHuge, .hugetlb, .memfd(.base), .memfd(.hugetlb),
      .file(path: path), .pmem(path: path),
    ] {
      let error = #expect(throws: ArenaError.self) { _ = try Arena(backing, byteCount: byteCount) }
      #expect(error?.code != 0)
      #expect(access(path, F_OK) != 0, "\(backing) left a file")
    }
  }

  @Test("bytes before the first page are guarded")
  func guardBefore() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let arena = try Arena(.anonymous, byteCount: 4096)
      arena.base.storeBytes(of: 1, toByteOffset: -1, as: UInt8.self)
    }
  }

  @Test("bytes behind the last page are guarded")
  func guardBehind() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      let arena = try Arena(.memfd(.base), byteCount: 2 << 20)
      arena.base.storeBytes(of: 1, toByteOffset: 2 << 20, as: UInt8.self)
    }
  }

  @Test(
    "forked children do not inherit an arena", arguments: [ArenaBacking.anonymous, .memfd(.base)])
  func staysOutOfForks(_ backing: ArenaBacking) throws {
    let arena = try Arena(backing, byteCount: 2 << 20)
    let address = String(UInt(bitPattern: arena.base), radix: 16) + "-"
    let lines = try TextFile.read("/proc/self/smaps").split(separator: "\n")
    let entry = lines.drop { !$0.hasPrefix(address) }
    let flags = entry.first { $0.hasPrefix("VmFlags:") }
    #expect(flags?.split(separator: " ").contains("dc") == true)
  }

  @Test("faulting in page by page leaves every byte, for kernels that cannot populate")
  func faultsInByHand() throws {
    let byteCount = 2 << 20
    let range = try AddressRange(byteCount: byteCount)
    try range.map(byteCount, flags: MAP_PRIVATE | MAP_ANONYMOUS, what: "memory")
    _ = range.advise(byteCount, MADV_NOHUGEPAGE)
    let bytes = range.base.assumingMemoryBound(to: UInt8.self)
    bytes[4096] = 77
    chost_fault_in(bytes, byteCount, 4096)
    #expect(PageProof.of(range.base, byteCount: byteCount).presentByteCount == byteCount)
    #expect(bytes[4096] == 77 && bytes[0] == 0 && bytes[byteCount - 4096] == 0)
  }

  @Test("an arena is gone with its owner")
  func unmaps() async {
    await #expect(processExitsWith: .signal(SIGSEGV)) {
      func lost() throws -> UnsafeMutableRawPointer {
        let arena = try Arena(.anonymous, byteCount: 4096)
        return arena.base
      }
      try lost().storeBytes(of: 1, as: UInt8.self)
    }
  }

  @Test(
    "an adopted memory file shares its bytes",
    arguments: [ArenaBacking.MemfdPages.base, .transparentHuge])
  func adopts(_ pages: ArenaBacking.MemfdPages) throws {
    var first = try Arena(.memfd(pages), byteCount: 3 << 20)
    first.withMutableBytes { $0.storeBytes(of: 42, toByteOffset: 12345, as: UInt8.self) }
    let duplicate = dup(first.descriptor ?? -1)
    var second = try Arena(adopting: duplicate, pages: pages, byteCount: 3 << 20)
    #expect(second.pages.bytesPerPage == first.pages.bytesPerPage)
    #expect(second.base != first.base)
    #expect(second.withBytes { $0.unsafeLoad(fromByteOffset: 12345, as: UInt8.self) } == 42)
    second.withMutableBytes { $0.storeBytes(of: 43, toByteOffset: 12345, as: UInt8.self) }
    #expect(first.withBytes { $0.unsafeLoad(fromByteOffset: 12345, as: UInt8.self) } == 43)
    #expect(fcntl(duplicate, F_GETFD) >= 0)
  }

  @Test("a descriptor that cannot be adopted is refused and closed")
  func refusesAdoption() throws {
    let short = try Arena(.memfd(.base), byteCount: 4096)
    let duplicate = dup(short.descriptor ?? -1)
    let tooLong = #expect(throws: ArenaError.self) {
      _ = try Arena(adopting: duplicate, pages: .base, byteCount: 8192)
    }
    #expect(tooLong?.description.contains("the memory file has 4096 bytes") == true)
    let closed = #expect(throws: ArenaError.self) {
      _ = try Arena(adopting: -1, pages: .base, byteCount: 4096)
    }
    #expect(closed?.code == EBADF)
  }

  @Test("a node is bound, or the arena says why not", arguments: [0, 1, 63, -1, 1 << 40])
  func binds(_ node: Int) throws {
    let arena = try Arena(.anonymous, byteCount: 4096, node: node)
    switch arena.node {
    case .bound(let bound): #expect(bound == node)
    case .unavailable(let reason): #expect(!reason.isEmpty)
    case .unbound: Issue.record("a node was asked for")
    }
    let free = try Arena(.anonymous, byteCount: 4096)
    #expect(free.node == .unbound)
  }
}
