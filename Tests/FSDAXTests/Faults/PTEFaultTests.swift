import Testing

@testable import FSDAX

@Suite("PTE faults")
struct PTEFaultTests {
  @Test("F-1: the last partial page can be mapped, the next one not")
  func size() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 4097)
    let area = try bed.area(file, pages: 3)
    #expect(bed.fault(area, 1, write: false).flags == .noPage)
    #expect(bed.fault(area, 2, write: false).flags == .sigbus)
    #expect(bed.fault(area, 3, write: false).flags == .sigbus)
    #expect(bed.fault(area, -1, write: false).flags == .sigbus)
    #expect(try bed.entry(file, 2) == nil)
  }

  @Test("F-2: a read of a hole maps zeros, a write then a new dirty frame")
  func hole() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: 8192)
    let area = try bed.area(file, pages: 2)
    let other = try bed.area(file, pages: 2)
    let before = bed.volume.ledger
    #expect(bed.fault(area, write: false).flags == .noPage)
    #expect(bed.fault(other, write: false).flags == .noPage)
    #expect(try bed.entry(file)?.entry.isZero == true)
    #expect(area.table.slot(0).isZero)
    let outcome = bed.fault(area, write: true)
    #expect(outcome.flags == [.noPage, .major])
    let entry = try #require(try bed.entry(file)).entry
    #expect(entry.hasFrames && entry.isDirty && !entry.isToWrite && !entry.isLocked)
    #expect(entry.frame == outcome.frame)
    #expect(other.table.slot(0).isNone)
    let difference = bed.volume.ledger - before
    #expect(difference[.majorFaults] == 1)
    #expect(difference[.minorFaults] == 2)
    #expect(try bed.pages(file) == 1)
    try bed.store(area, 7)
    #expect(try bed.load(other) == [7])
  }

  @Test("F-3: a write fault on a shared block copies it, and is minor")
  func copy() throws {
    let bed = try FaultBed()
    let file = try bed.file(0x61)
    let peer = try bed.sharer(of: file)
    let old = try bed.block(file)
    let area = try bed.area(file)
    let before = bed.volume.ledger
    let outcome = bed.fault(area, write: true)
    #expect(outcome.flags == .noPage)
    let entry = try #require(try bed.entry(file)).entry
    #expect(entry.isDirty && entry.isToWrite && entry.frame != old)
    #expect(try bed.block(file) == entry.frame)
    #expect(try bed.block(peer) == old)
    try bed.store(area, 0x62, at: 5)
    #expect(try bed.load(area, count: 8) == [0x61, 0x61, 0x61, 0x61, 0x61, 0x62, 0x61, 0x61])
    #expect(try bed.read(peer) == [UInt8](repeating: 0x61, count: 4096))
    let difference = bed.volume.ledger - before
    #expect(difference[.faultBytesCopied] == 4096 && difference[.cowFaults] == 1)
    #expect(difference[.minorFaults] == 1 && difference[.majorFaults] == 0)
    #expect(difference[.linesFlushed] == 0)
    try bed.volume.sync(file)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 64)
  }

  @Test("F-5: a poisoned page that is only read is HWPOISON")
  func poison() throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    bed.poison(block: try #require(try bed.block(file)))
    let area = try bed.area(file)
    #expect(bed.fault(area, write: false).flags == .hwPoison)
    #expect(bed.fault(area, write: true).flags == .hwPoison)
    #expect(try bed.pages(file) == 0)
    #expect(throws: FSDAXError(.EHWPOISON, .fault, file)) { try bed.load(area) }
  }

  @Test("F-17: a store into a private mapping of a shared block copies it, and allocates nothing")
  func privateCopy() throws {
    let bed = try FaultBed()
    let file = try bed.file(0x61)
    let peer = try bed.sharer(of: file)
    let area = try bed.area(file, isPrivate: true)
    let free = bed.volume.freeByteCount
    let before = bed.volume.ledger
    #expect(bed.fault(area, write: true).flags == .doneCopy)
    #expect(try bed.entry(file)?.entry.isEmpty == true)
    #expect(bed.volume.freeByteCount == free)
    try bed.store(area, 0x62)
    // A second fault, as of another thread, must not lose the store.
    #expect(bed.fault(area, write: true).flags == .doneCopy)
    #expect(bed.fault(area, write: false).flags == .noPage)
    #expect(try bed.load(area, count: 2) == [0x62, 0x61])
    for each in [file, peer] { #expect(try bed.read(each, byteCount: 1) == [0x61]) }
    #expect((bed.volume.ledger - before)[.blocksAllocated] == 0)
    #expect((bed.volume.ledger - before)[.privateBytesCopied] >= 4096)
  }

  @Test("A private mapping of a hole gets zeros of its own; truncation takes its pages away")
  func privateHole() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: 8192)
    let area = try bed.area(file, pages: 2, isPrivate: true)
    try bed.store(area, 9, at: 4096)
    #expect(try bed.load(area, at: 4096, count: 2) == [9, 0])
    try bed.volume.truncate(file, to: 4096)
    #expect(throws: FSDAXError(.EIO, .fault, file, position: 4096)) { try bed.load(area, at: 4096) }
    #expect(try bed.load(area) == [0])
  }

  @Test("A mapping outlives the file, and knows the number's next owner apart")
  func removed() throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    let area = try bed.area(file)
    #expect(try bed.load(area) == [1])
    try bed.volume.remove(file)
    #expect(bed.fault(area, write: false).flags == .sigbus)
    let next = try bed.file(2)
    #expect(next.number == file.number)
    #expect(bed.fault(area, write: true).flags == .sigbus)
    #expect(area.table.slot(0).isNone)
  }

  @Test("A write(2) over zeros mapped from a hole is seen through the mapping")
  func writeOverZeros() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: 4096)
    let area = try bed.area(file)
    #expect(try bed.load(area) == [0])
    try bed.write(file, 5)
    #expect(try bed.load(area) == [5])
  }

  @Test("W-16: a copying write drops the dirty entry, and nothing of the old frame is written back")
  func writeOverDirty() throws {
    let bed = try FaultBed()
    let file = try bed.file(0x61)
    let area = try bed.area(file)
    try bed.store(area, 0x62)
    _ = try bed.sharer(of: file, writesBack: false)
    #expect(try bed.entry(file)?.entry.isDirty == true)
    try bed.write(file, 0x63)
    #expect(try bed.entry(file) == nil)
    #expect(try bed.load(area) == [0x63])
    let before = bed.volume.ledger
    try bed.volume.sync(file)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 0)
  }

  @Test("Bad mappings are refused with their error")
  func badAreas() throws {
    let bed = try FaultBed(copyMode: [.nocache, .nomc, .writeCache])
    let file = try bed.file(1)
    let volume = bed.volume
    for (position, pages, address) in [
      (-4096, 1, 4096), (1, 1, 4096), (0, 0, 4096), (0, -1, 4096), (0, 1, 5), (0, 1, -4096),
      (0, .max, 4096), (.max & ~4095, 1 << 28, 4096),
    ] {
      #expect(throws: FSDAXError(.EINVAL, .map, file, position: position)) {
        try volume.makeArea(file, at: position, pageCount: pages, address: address)
      }
    }
    #expect(throws: FSDAXError(.EOPNOTSUPP, .map, file)) {
      try bed.area(file, isSynchronous: true)
    }
    let readOnly = try volume.makeArea(file, at: 0, pageCount: 1, isWritable: false)
    #expect(bed.fault(readOnly, write: true).flags == .sigbus)
    let other = try FaultBed()
    #expect(other.fault(readOnly, write: false).flags == .sigbus)
    #expect(bed.fault(readOnly, write: false, order: 3).flags == .fallback)
  }

  @Test("Errors of the filesystem as the one who faults sees them")
  func outcomes() {
    #expect(FaultOutcome(.ENOMEM).flags == .outOfMemory)
    #expect(FaultOutcome(.EHWPOISON).flags == .hwPoison)
    #expect(FaultOutcome(.EIO).flags == .sigbus)
    #expect(FaultOutcome(.ENOSPC).flags == .sigbus)
  }
}
