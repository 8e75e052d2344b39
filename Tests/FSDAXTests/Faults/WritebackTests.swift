import Foundation
import Synchronization
import Testing

@testable import FSDAX

@Suite("Write-back, invalidation and synchronous faults")
struct WritebackTests {
  @Test("F-12: a sync flushes the dirty pages of its range only")
  func range() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 6 * 4096)
    let area = try bed.area(file, pages: 6)
    for page in [0, 1, 5] { #expect(bed.fault(area, page, write: true).flags == .noPage) }
    let before = bed.volume.ledger
    try bed.volume.sync(file, from: 0, byteCount: 8192)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 128)
    #expect(try bed.entry(file, 0)?.entry.isDirty == false)
    #expect(try bed.entry(file, 5)?.entry.isDirty == true)
    #expect(!area.table.slot(0).isWritable && area.table.slot(5).isWritable)
    // A store after it faults, and is dirty again.
    try bed.store(area, 2)
    #expect(try bed.entry(file, 0)?.entry.isDirty == true)
  }

  @Test("F-13: one page of a dirty huge entry flushes all of it")
  func huge() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: 4 << 20)
    let area = try bed.area(file, pages: 1024)
    #expect(bed.fault(area, 512, write: true, order: 9).flags == .noPage)
    let before = bed.volume.ledger
    try bed.volume.sync(file, from: 700 * 4096, byteCount: 1)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 2_097_152 / 64)
    #expect(!area.table.slot(512).isWritable)
    #expect(try bed.entry(file, 512)?.entry.isDirty == false)
    try bed.volume.sync(file, from: 0, byteCount: 512 * 4096)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 2_097_152 / 64)
  }

  @Test("F-14: invalidation keeps a dirty entry, deletion does not")
  func invalidate() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 8192)
    let area = try bed.area(file, pages: 2)
    #expect(bed.fault(area, 0, write: true).flags == .noPage)
    #expect(bed.fault(area, 1, write: false).flags == .noPage)
    let inode = try bed.volume.inode(file)
    bed.volume.dropEntries(inode, from: 0, byteCount: 8192, clearsMarks: false)
    #expect(try bed.entry(file, 0)?.entry.isDirty == true)
    #expect(try bed.entry(file, 1) == nil)
    #expect(try bed.pages(file) == 1)
    #expect(area.table.slot(0).isNone)
    bed.volume.deleteEntries(inode, 0..<2)
    #expect(try bed.pages(file) == 0)
  }

  @Test("F-16: a synchronous store to a new block maps only after the sync")
  func synchronous() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: 4096)
    let area = try bed.area(file, isSynchronous: true)
    let outcome = bed.fault(area, write: true)
    #expect(outcome.flags == [.needsSync, .major])
    #expect(area.table.slot(0).isNone)
    #expect(try bed.entry(file)?.entry.isDirty == false)
    #expect(try bed.volume.inode(file).hasUnsyncedMetadata)
    #expect(bed.volume.finishSynchronousFault(area, page: 0, outcome).flags == .noPage)
    #expect(try !bed.volume.inode(file).hasUnsyncedMetadata)
    #expect(try bed.entry(file)?.entry.isDirty == true)
    #expect(area.table.slot(0) == AreaSlot(frame: try #require(outcome.frame), isWritable: true))
    // Truncated meanwhile: nothing is mapped.
    try bed.volume.truncate(file, to: 0)
    #expect(bed.volume.finishSynchronousFault(area, page: 0, outcome).flags == .noPage)
    #expect(area.table.slot(0).isNone)
  }

  @Test("A clone between a synchronous fault and its end leaves the store to fault again")
  func clonedMeanwhile() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: 4096)
    let area = try bed.area(file, isSynchronous: true)
    let outcome = bed.fault(area, write: true)
    let peer = try bed.volume.create()
    try bed.volume.clone(from: file, to: peer)
    let other = try bed.area(file)
    _ = bed.fault(other, write: false)
    #expect(bed.volume.finishSynchronousFault(area, page: 0, outcome).flags == .noPage)
    #expect(area.table.slot(0).isNone)
    // No mapping that is not synchronous ends such a fault.
    #expect(bed.volume.finishSynchronousFault(other, page: 0, outcome).flags == .sigbus)
  }

  @Test("An error of a write-back is reported by one sync, and the mark stays")
  func error() throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    let area = try bed.area(file)
    #expect(bed.fault(area, write: true).flags == .noPage)
    let inode = try bed.volume.inode(file)
    bed.volume.device.kill()
    #expect(throws: Errno.EIO) { try bed.volume.writeBack(inode, 0..<1, bed.volume.ledgers.mine) }
    #expect(try bed.entry(file)?.entry.isDirty == true)
    #expect(throws: FSDAXError(.EIO, .sync, file)) { try bed.volume.sync(file, byteCount: 0) }
    try bed.volume.sync(file, byteCount: 0)
  }

  @Test("A sync that fails leaves the metadata unsynced", arguments: bothProfiles)
  func metadataAfterError(profile: Profile) throws {
    let bed = try FaultBed(profile)
    let file = try bed.file(1)
    let area = try bed.area(file)
    #expect(bed.fault(area, write: true).flags == .noPage)
    let inode = try bed.volume.inode(file)
    #expect(inode.hasUnsyncedMetadata)
    // An error kept from an earlier write-back ends a sync as one of its own does.
    inode.recordWritebackError(.EIO)
    #expect(throws: FSDAXError(.EIO, .sync, file)) { try bed.volume.sync(file) }
    #expect(inode.hasUnsyncedMetadata)
    try bed.store(area, 2)
    bed.volume.device.kill()
    #expect(throws: FSDAXError(.EIO, .sync, file)) { try bed.volume.sync(file) }
    #expect(inode.hasUnsyncedMetadata)
    try bed.volume.sync(file, byteCount: 0)
    #expect(!inode.hasUnsyncedMetadata)
  }

  @Test("A sync that outlives its file leaves the next one of its number alone")
  func successor() throws {
    let bed = try FaultBed()
    let old = try bed.file(1)
    try bed.volume.remove(old)
    let file = try bed.file(2)
    let inode = try bed.volume.inode(file)
    #expect(file.number == old.number && inode.hasUnsyncedMetadata)
    inode.recordWritebackError(.EIO)
    try bed.volume.syncRange(inode, old, 0..<1, bed.volume.ledgers.mine)
    #expect(inode.hasUnsyncedMetadata)
    #expect(throws: FSDAXError(.EIO, .sync, file)) { try bed.volume.sync(file) }
  }

  @Test("A pinned frame stops the breaking of layouts until it is free")
  func pins() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 8192)
    let area = try bed.area(file, pages: 2)
    #expect(throws: FSDAXError(.EFAULT, .map, file)) { try bed.volume.pin(area, page: 0) }
    #expect(bed.fault(area, write: true).flags == .noPage)
    let frame = try bed.volume.pin(area, page: 0)
    let inode = try bed.volume.inode(file)
    let ledger = bed.volume.ledgers.mine
    try bed.volume.breakLayouts(inode, 4096, 4096, ledger, waits: false)
    #expect(throws: Errno.ERESTARTSYS) {
      try bed.volume.breakLayouts(inode, 0, 4096, ledger, waits: false)
    }
    #expect(try bed.pages(file) == 1)
    try bed.volume.unpin(frame)
    #expect(throws: FSDAXError(.EINVAL, .map, nil)) { try bed.volume.unpin(frame) }
    try bed.volume.breakLayouts(inode, 0, 4096, ledger, waits: false)
    #expect(try bed.pages(file) == 0)
  }

  @Test("A punch sleeps until the pin goes")
  func punchWaits() throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    let area = try bed.area(file)
    #expect(bed.fault(area, write: true).flags == .noPage)
    let frame = try bed.volume.pin(area, page: 0)
    let threads = RealThreads()
    threads.start { try? bed.volume.punch(file, at: 0, byteCount: 4096) }
    usleep(20_000)
    #expect(try bed.block(file) == frame)
    try bed.volume.unpin(frame)
    threads.join()
    #expect(try bed.block(file) == nil)
    #expect(try bed.load(area) == [0])
  }

  @Test("An unsharing and a zeroing sleep until the pin goes", arguments: bothProfiles)
  func copiesWait(_ profile: Profile) throws {
    for isZero in [false, true] {
      let bed = try FaultBed(profile)
      let file = try bed.file(1)
      let peer = try bed.sharer(of: file)
      let area = try bed.area(file)
      #expect(bed.fault(area, write: false).flags == .noPage)
      let frame = try bed.volume.pin(area, page: 0)
      let threads = RealThreads()
      threads.start {
        if isZero {
          _ = try? bed.volume.zero(file, at: 0, byteCount: 4096)
        } else {
          try? bed.volume.unshare(file, at: 0, byteCount: 4096)
        }
      }
      usleep(20_000)
      #expect(try bed.block(file) == frame)
      try bed.volume.unpin(frame)
      threads.join()
      #expect(try bed.block(file) != frame && bed.block(peer) == frame)
      #expect(try bed.load(area) == [isZero ? 0 : 1])
      #expect(try bed.read(peer, byteCount: 1) == [1])
    }
  }

  @Test("A zeroing in place sleeps for the pins of its range only")
  func zeroWaits() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 8192)
    let area = try bed.area(file, pages: 2)
    try bed.store(area, 2)
    let frame = try bed.volume.pin(area, page: 0)
    func medium() -> UInt8 {
      bed.volume.device.base.load(fromByteOffset: frame << 12, as: UInt8.self)
    }
    try bed.volume.zero(file, at: 4096, byteCount: 4096)
    try bed.volume.zero(file, at: 0, byteCount: 0)
    let threads = RealThreads()
    threads.start { _ = try? bed.volume.zero(file, at: 0, byteCount: 1) }
    usleep(20_000)
    #expect(medium() == 2)
    try bed.volume.unpin(frame)
    threads.join()
    #expect(medium() == 0)
    #expect(try bed.entry(file)?.entry.isDirty == true)
  }

  @Test("A removal sleeps until the pin goes, and writes nothing back")
  func removeWaits() throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    let area = try bed.area(file)
    try bed.store(area, 2)
    let frame = try bed.volume.pin(area, page: 0)
    let inode = try bed.volume.inode(file)
    let before = bed.volume.ledger
    let threads = RealThreads()
    threads.start { try? bed.volume.remove(file) }
    usleep(20_000)
    #expect(inode.data.extent(containing: 0).map { Int($0.device) } == frame)
    try bed.volume.unpin(frame)
    threads.join()
    #expect(throws: FSDAXError(.ENOENT, .open, file)) { try bed.volume.size(of: file) }
    #expect(inode.data.extent(containing: 0) == nil)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 0)
    #expect(bed.volume.frames.count(of: frame) == 0)
  }

  enum Waiter: CaseIterable {
    case remove, truncate, punch, zero, unshare, clone, invalidate

    func run(_ volume: Volume, _ file: FileID, _ peer: FileID) throws {
      switch self {
      case .remove: try volume.remove(file)
      case .truncate: try volume.truncate(file, to: 0)
      case .punch: try volume.punch(file, at: 0, byteCount: 4096)
      case .zero: try volume.zero(file, at: 100, byteCount: 1)
      case .unshare: try volume.unshare(file, at: 0, byteCount: 4096)
      case .clone: try volume.clone(from: file, to: peer)
      case .invalidate: try volume.invalidate(file)
      }
    }
  }

  @Test(
    "An interruption ends the wait for a pin that stays, before it and in it",
    arguments: Waiter.allCases, [true, false])
  func interrupted(waiter: Waiter, isEarly: Bool) throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    let peer = try bed.volume.create()
    let area = try bed.area(file)
    try bed.store(area, 2)
    let frame = try bed.volume.pin(area, page: 0)
    bed.volume.isInterrupted = isEarly
    let found = Mutex<Errno?>(nil)
    let threads = RealThreads()
    threads.start {
      let error = errno { try waiter.run(bed.volume, file, peer) }
      found.withLock { $0 = error }
    }
    if !isEarly { usleep(20_000) }
    bed.volume.isInterrupted = true
    threads.join()
    bed.volume.isInterrupted = false
    #expect(found.withLock { $0 } == .EINTR)
    #expect(try bed.read(file, byteCount: 1) == [2])
    #expect(try bed.block(file) == frame)
    try bed.volume.unpin(frame)
    try waiter.run(bed.volume, file, peer)
  }
}
