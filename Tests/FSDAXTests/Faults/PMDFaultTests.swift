import Testing

@testable import FSDAX

@Suite("PMD faults")
struct PMDFaultTests {
  private let huge = FaultBed.huge

  /// A file of unwritten blocks that a huge page fits.
  private func hugeFile(_ bed: FaultBed, pages: Int = 512) throws -> FileID {
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: pages * 4096)
    return file
  }

  @Test("F-6: a file of exactly 2 MiB can be mapped at once")
  func fits() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    let area = try bed.area(file, pages: 512)
    let outcome = bed.fault(area, 17, write: true, order: 9)
    #expect(outcome.flags == .noPage)
    #expect(outcome.frame.map { $0 % 512 } == 0)
    let placed = try #require(try bed.entry(file, 300))
    #expect(placed.entry.isHuge && placed.entry.isDirty && placed.base == 0)
    #expect(try bed.pages(file) == 512)
    #expect(area.table.slot(511).frame == outcome.frame.map { $0 + 511 })
    // A small fault finds the place taken.
    #expect(bed.fault(area, 3, write: true).flags == .noPage)
  }

  @Test(
    "F-7, F-8: the whole 2 MiB must lie below the last page",
    arguments: [(511 * 4096, 0), (2_097_153, 512)])
  func tooShort(size: Int, index: Int) throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: size)
    let area = try bed.area(file, pages: 1024)
    #expect(bed.fault(area, index, write: false, order: 9).flags == .fallback)
    #expect(bed.volume.ledger[.fallbacks] == 1)
  }

  @Test("Behind the end a huge fault is SIGBUS")
  func behindEnd() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    let area = try bed.area(file, pages: 1024)
    #expect(bed.fault(area, 512, write: false, order: 9).flags == .sigbus)
  }

  @Test("F-9: index and address must be alike modulo 2 MiB")
  func colour() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed, pages: 1024)
    let area = try bed.area(file, pages: 1024, address: 0x7f00_0000_1000)
    #expect(bed.fault(area, 512, write: false, order: 9).flags == .fallback)
  }

  @Test("A mapping that ends inside the 2 MiB, or stores privately, or lacks huge zeros falls back")
  func otherRules() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    #expect(bed.fault(try bed.area(file, pages: 511), 0, write: false, order: 9).flags == .fallback)
    let late = try bed.area(file, pages: 511, at: 4096, address: 1 << 32 + 4096)
    #expect(bed.fault(late, 0, write: false, order: 9).flags == .fallback)
    let own = try bed.area(file, pages: 512, isPrivate: true)
    #expect(bed.fault(own, 0, write: true, order: 9).flags == .fallback)
    let area = try bed.area(file, pages: 512)
    bed.volume.hasHugeZeroFrame = false
    #expect(bed.fault(area, 0, write: false, order: 9).flags == .fallback)
    bed.volume.hasHugeZeroFrame = true
    #expect(bed.fault(area, 0, write: false, order: 9).flags == .noPage)
    #expect(bed.volume.ledger[.fallbacks] == 4)
  }

  @Test("A small entry, and a page table in the slot, keep a huge page out")
  func smallFirst() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    let area = try bed.area(file, pages: 512)
    #expect(bed.fault(area, 5, write: true).flags == [.noPage, .major])
    #expect(bed.fault(area, 0, write: true, order: 9).flags == .fallback)
    let fresh = try hugeFile(bed)
    let shifted = try bed.area(fresh, pages: 512)
    let other = try bed.area(fresh, pages: 512)
    #expect(bed.fault(other, 0, write: true, order: 9).flags == .noPage)
    #expect(bed.fault(shifted, 1, write: true).flags == .noPage)
    #expect(bed.fault(shifted, 2, write: true, order: 9).flags == [])
  }

  @Test("F-10: a small write under a dirty huge entry keeps it huge")
  func smallUnderHuge() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    let area = try bed.area(file, pages: 512)
    let small = try bed.area(file, pages: 512, address: 1 << 32 + 4096)
    let outcome = bed.fault(area, 0, write: true, order: 9)
    #expect(bed.fault(small, 7, write: true).frame == outcome.frame.map { $0 + 7 })
    let entry = try #require(try bed.entry(file, 7)).entry
    #expect(entry.isHuge && entry.isDirty)
    #expect(try bed.pages(file) == 512)
  }

  @Test("F-11: a small fault over huge zeros takes them away")
  func downgrade() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    let area = try bed.area(file, pages: 512)
    let small = try bed.area(file, pages: 512, address: 1 << 32 + 4096)
    #expect(bed.fault(area, 0, write: false, order: 9).flags == .noPage)
    #expect(try bed.pages(file) == 512)
    #expect(try bed.entry(file, 9)?.entry.isZero == true)
    #expect(bed.fault(small, 9, write: true).flags == [.noPage, .major])
    #expect(try bed.pages(file) == 1)
    #expect(area.table.slot(9).isNone)
  }

  @Test("F-18: a huge write over 1 MiB of sharing falls back without staging, then copies 4 KiB")
  func shortCopy() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    try bed.write(file, 3, byteCount: huge)
    let peer = try bed.sharer(of: file)
    // The second MiB becomes the file's own.
    try bed.write(file, 4, at: huge / 2, byteCount: huge / 2)
    try bed.volume.truncate(peer, to: huge / 2)
    let free = bed.volume.freeByteCount
    let area = try bed.area(file, pages: 512)
    #expect(bed.fault(area, 0, write: true, order: 9).flags == .fallback)
    #expect(bed.volume.freeByteCount == free)
    #expect(try bed.isCowEmpty(file))
    let before = bed.volume.ledger
    #expect(bed.fault(area, 0, write: true).flags == .noPage)
    #expect((bed.volume.ledger - before)[.faultBytesCopied] == 4096)
    #expect(try bed.read(peer, byteCount: 1) == [3])
  }

  @Test("A huge copy moves 2 MiB once; the peer keeps its bytes")
  func hugeCopy() throws {
    let bed = try FaultBed()
    let file = try hugeFile(bed)
    try bed.write(file, 3, byteCount: huge)
    let peer = try bed.sharer(of: file)
    let area = try bed.area(file, pages: 512)
    #expect(bed.fault(area, 100, write: false, order: 9).flags == .noPage)
    let before = bed.volume.ledger
    #expect(bed.fault(area, 100, write: true, order: 9).flags == .noPage)
    let difference = bed.volume.ledger - before
    #expect(difference[.faultBytesCopied] == huge && difference[.cowFaults] == 1)
    #expect(difference[.majorFaults] == 0)
    try bed.store(area, 9, at: 4096 * 100)
    #expect(try bed.read(peer, at: 4096 * 100, byteCount: 1) == [3])
    #expect(try bed.read(file, at: 4096 * 100 - 1, byteCount: 3) == [3, 9, 3])
    let entry = try #require(try bed.entry(file)).entry
    #expect(entry.isHuge && entry.isDirty && entry.isToWrite)
  }

  @Test("A small copy under a huge entry splits it and forgets no page")
  func smallCopyUnderHuge() throws {
    let bed = try FaultBed(byteCount: 5 << 20)
    let file = try hugeFile(bed)
    try bed.write(file, 3, byteCount: huge)
    let peer = try bed.sharer(of: file)
    let area = try bed.area(file, pages: 512)
    #expect(bed.fault(area, 0, write: false, order: 9).flags == .noPage)
    try bed.store(area, 9, at: 4096 * 7)
    #expect(try bed.pages(file) == 512)
    #expect(try bed.entry(file, 7)?.entry.isHuge == false)
    #expect(try bed.load(area, at: 4096 * 8) == [3])
    #expect(try bed.read(peer, at: 4096 * 7, byteCount: 1) == [3])
    #expect(try bed.read(file, at: 4096 * 7, byteCount: 2) == [9, 3])
    let shared = try #require(try bed.block(peer, 8))
    #expect(bed.volume.frames.count(of: shared) == 1)
    #expect(bed.volume.frames.count(of: try #require(try bed.block(peer, 7))) == 0)
  }
}
