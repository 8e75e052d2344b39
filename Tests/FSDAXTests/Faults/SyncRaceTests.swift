import Foundation
import Testing

@testable import FSDAX

@Suite("Syncs that wait for an entry which changes meanwhile")
struct SyncRaceTests {
  @Test("A huge entry that is split and loses its first page leaves 511 to be flushed")
  func split() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: FaultBed.huge)
    let area = try bed.area(file, pages: 512)
    #expect(bed.fault(area, write: true, order: 9).flags == .noPage)
    let inode = try bed.volume.inode(file)
    let held = inode.entries.holdNext(from: 0, before: 1, bed.volume.ledgers.mine)
    #expect(held?.entry.isHuge == true)
    let before = bed.volume.ledger
    let threads = RealThreads()
    threads.start { try? bed.volume.sync(file) }
    while (bed.volume.ledger - before)[.entryWaits] == 0 { usleep(1000) }
    // What a copying write to the first page does in two steps; the sync may sleep through both.
    inode.entries.lock.lockExclusive()
    if let whole = inode.entries.covering(0) { inode.entries.split(whole) }
    if let piece = inode.entries.covering(0) { inode.entries.remove(piece) }
    inode.entries.wake(0, all: true)
    inode.entries.lock.unlockExclusive()
    threads.join()
    #expect((bed.volume.ledger - before)[.linesFlushed] == 511 * 64)
    for page in 1..<512 { #expect(try bed.entry(file, UInt64(page))?.entry.isDirty == false) }
  }

  @Test("A page that a fault copies is flushed where it is then")
  func copied() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 8192)
    let peer = try bed.volume.create()
    try bed.volume.clone(
      from: OpenFile(file, on: bed.volume), at: 4096, byteCount: 4096,
      to: OpenFile(peer, on: bed.volume), at: 0)
    let hook = UnmapHook()
    let mapped = try bed.volume.makeArea(file, at: 0, pageCount: 2, mirror: hook)
    try bed.store(mapped, 2)
    // The copy of the second page stages blocks for the first one too.
    try bed.write(file, 3, at: 4096)
    #expect(try bed.volume.inode(file).cow.extent(containing: 0) != nil)
    let old = try bed.entry(file)
    #expect(old?.entry.isDirty == true)
    let threads = RealThreads()
    let before = bed.volume.ledger
    // The fault has locked the entry, and changes nothing before the sync waits for it.
    hook.arm {
      threads.start { try? bed.volume.sync(file) }
      while (bed.volume.ledger - before)[.entryWaits] == 0 { usleep(1000) }
    }
    let other = try bed.area(file)
    #expect(bed.fault(other, write: true).flags == .noPage)
    threads.join()
    #expect(!hook.isArmed)
    #expect(try bed.entry(file)?.entry.frame != old?.entry.frame)
    #expect((bed.volume.ledger - before)[.linesFlushed] == 64)
    #expect(try bed.entry(file)?.entry.isMarked == false)
    #expect(!other.table.slot(0).isWritable)
    #expect(try bed.read(file, byteCount: 2) == [2, 1])
  }
}
