import Testing

@testable import FSDAX

@Suite("Hazards of faults, both ways")
struct FaultHazardTests {
  private func bed(_ hazards: Hazards, _ isKept: Bool) throws -> FaultBed {
    try FaultBed(isKept ? Profile(hazards: hazards) : .strict)
  }

  @Test("F-4, H4: a fault whose copy fails", arguments: [true, false])
  func copyFails(isKept: Bool) throws {
    let bed = try bed(.entryBeforeCopy, isKept)
    let file = try bed.file(0x61)
    _ = try bed.sharer(of: file)
    let old = try #require(try bed.block(file))
    let free = bed.volume.freeByteCount
    bed.poison(block: old)
    let area = try bed.area(file)
    #expect(bed.fault(area, write: true).flags == .sigbus)
    #expect(area.table.slot(0).isNone)
    #expect(try bed.block(file) == old)
    #expect(bed.volume.freeByteCount == free || bed.volume.freeByteCount == free - 31 * 4096)
    let entry = try bed.entry(file)?.entry
    if isKept {
      #expect(entry.map { $0.isDirty && $0.frame != old && !$0.isLocked } == true)
    } else {
      #expect(entry == nil)
    }
  }

  @Test("H5: a synchronous store to a shared block", arguments: [true, false])
  func synchronousCopy(isKept: Bool) throws {
    let bed = try bed(.asynchronousCopyFault, isKept)
    let file = try bed.file(0x61)
    _ = try bed.sharer(of: file)
    try bed.volume.sync(file)
    let area = try bed.area(file, isSynchronous: true)
    let outcome = bed.fault(area, write: true)
    let inode = try bed.volume.inode(file)
    #expect(inode.hasUnsyncedMetadata)
    #expect(outcome.flags == (isKept ? .noPage : .needsSync))
    #expect(area.table.slot(0).isNone == !isKept)
    if isKept { return }
    let before = bed.volume.ledger
    #expect(bed.volume.finishSynchronousFault(area, page: 0, outcome).flags == .noPage)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 64)
    #expect(!inode.hasUnsyncedMetadata && area.table.slot(0).isWritable)
  }

  @Test("H9: a punch and a dirty page elsewhere in the file", arguments: [true, false])
  func layoutBreak(isKept: Bool) throws {
    let bed = try bed(.dirtyDroppedByLayoutBreak, isKept)
    let file = try bed.file(1, byteCount: 3 * 4096)
    let area = try bed.area(file, pages: 3)
    try bed.store(area, 2, at: 8192)
    try bed.store(area, 3, at: 0)
    let before = bed.volume.ledger
    try bed.volume.punch(file, at: 0, byteCount: 4096)
    #expect((bed.volume.ledger - before)[.linesFlushed] == (isKept ? 0 : 64))
    #expect((try bed.entry(file, 2)?.entry.isDirty ?? false) == !isKept)
    try bed.volume.sync(file)
    #expect((bed.volume.ledger - before)[.linesFlushed] == (isKept ? 0 : 128))
    #expect(try bed.read(file, at: 8192, byteCount: 1) == [2])
  }

  @Test("H10: unsharing a block with a dirty entry", arguments: [true, false])
  func unshare(isKept: Bool) throws {
    let bed = try bed(.unshareKeepsDirtyEntries, isKept)
    let file = try bed.file(1)
    let area = try bed.area(file)
    try bed.store(area, 2)
    _ = try bed.sharer(of: file, writesBack: false)
    let old = try #require(try bed.block(file))
    try bed.volume.unshare(file, at: 0, byteCount: 4096)
    #expect(try bed.block(file) != old)
    #expect(area.table.slot(0).isNone)
    let entry = try bed.entry(file)?.entry
    #expect(isKept ? entry.map { $0.isDirty && $0.frame == old } == true : entry == nil)
    #expect(try bed.load(area) == [2])
  }

  @Test("H14: a fault whose end fails", arguments: [true, false])
  func endFails(isKept: Bool) throws {
    let bed = try bed(.faultIgnoresEndError, isKept)
    let file = try bed.file(0x61)
    let peer = try bed.sharer(of: file)
    let old = try #require(try bed.block(file))
    let area = try bed.area(file)
    bed.volume.failNextEnd(.EIO)
    let outcome = bed.fault(area, write: true)
    #expect(outcome.flags == (isKept ? .noPage : .sigbus))
    #expect(area.table.slot(0).isNone == !isKept)
    #expect(try bed.block(file) == old)
    if isKept {
      // The store goes to a frame that is not the file's.
      try bed.store(area, 0x62)
      #expect(try bed.read(file, byteCount: 1) == [0x61])
    } else {
      #expect(try bed.entry(file)?.entry.hasFrames ?? false == false)
      try bed.store(area, 0x62)
      #expect(try bed.read(file, byteCount: 1) == [0x62])
    }
    #expect(try bed.read(peer, byteCount: 1) == [0x61])
  }
}
