import Foundation
import Testing

@testable import FSDAX

@Suite("Writes that do not wait, to mapped files")
struct NoWaitTests {
  /// A thread that holds something until a body has ended, and for seconds if that waits for it.
  private func held(
    _ take: @escaping @Sendable () -> Void, _ giveBack: @escaping @Sendable () -> Void,
    _ body: () throws -> Void
  ) rethrows {
    let isTaken = DispatchSemaphore(value: 0)
    let isOver = DispatchSemaphore(value: 0)
    let threads = RealThreads()
    threads.start {
      take()
      isTaken.signal()
      _ = isOver.wait(timeout: .now() + 3)
      giveBack()
    }
    isTaken.wait()
    defer {
      isOver.signal()
      threads.join()
    }
    try body()
  }

  private func heldEntry(
    _ bed: FaultBed, _ inode: Inode, _ index: UInt64, _ body: () throws -> Void
  ) rethrows {
    try held(
      {
        let ledger = bed.volume.ledgers.mine
        #expect(inode.entries.holdNext(from: index, before: index + 1, ledger) != nil)
      }, { inode.entries.unlock(index) }, body)
  }

  private func errno(_ bed: FaultBed, _ file: FileID, at position: Int) -> Errno? {
    do {
      let bytes = [UInt8](repeating: 7, count: 4096)
      try bed.volume.write(file, at: position, bytes.span.bytes, .noWait)
      return nil
    } catch {
      return error.errno
    }
  }

  @Test("A fault under way in a file with shared blocks is EAGAIN, and leaves no fence")
  func fault() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 8192)
    let peer = try bed.sharer(of: file)
    try bed.volume.truncate(peer, to: 4096)
    let area = try bed.area(file, pages: 2)
    let inode = try bed.volume.inode(file)
    held({ inode.invalidateLock.lockShared() }, { inode.invalidateLock.unlockShared() }) {
      #expect(errno(bed, file, at: 4096) == .EAGAIN)
    }
    #expect(try bed.read(file, at: 4096, byteCount: 1) == [1])
    let isFenced = inode.writeFence.covers(0...1)
    #expect(!isFenced)
    #expect(bed.fault(area, 1, write: true).flags == .noPage)
    #expect(errno(bed, file, at: 4096) == nil)
    #expect(try bed.load(area, at: 4096) == [7])
  }

  @Test("An entry that somebody has locked is EAGAIN, one beside the range is not")
  func entry() throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.truncate(file, to: 3 * 4096)
    let area = try bed.area(file, pages: 3)
    for page in 0..<3 { #expect(bed.fault(area, page, write: false).flags == .noPage) }
    let inode = try bed.volume.inode(file)
    try heldEntry(bed, inode, 1) {
      #expect(errno(bed, file, at: 4096) == .EAGAIN)
      #expect(errno(bed, file, at: 2 * 4096) == nil)
    }
    #expect(try bed.read(file, byteCount: 8192) == zeros(8192))
    #expect(errno(bed, file, at: 4096) == nil)
    #expect(try bed.load(area, at: 4096) == [7] && bed.load(area, at: 8192) == [7])
  }

  @Test("A refused copy keeps the dirt of what it would have replaced")
  func dirt() throws {
    let bed = try FaultBed()
    let file = try bed.file(1, byteCount: 3 * 4096)
    _ = try bed.sharer(of: file)
    // Staging for all of the window is there from now on.
    try bed.write(file, 2, at: 0)
    let area = try bed.area(file, pages: 3)
    let inode = try bed.volume.inode(file)
    try bed.write(file, 5, at: 4096, byteCount: 8192)
    for page in 0..<3 { try bed.store(area, 6, at: page << 12) }
    inode.extentLock.lockExclusive()
    let taken = try bed.volume.stage(
      inode, 0..<3, wantsHuge: false, bed.volume.ledgers.mine)
    inode.extentLock.unlockExclusive()
    #expect(taken.count >= 3)
    try heldEntry(bed, inode, 2) {
      let bytes = [UInt8](repeating: 7, count: 3 * 4096)
      #expect(throws: FSDAXError(.EAGAIN, .write, file, position: 0)) {
        try bed.volume.write(file, at: 0, bytes.span.bytes, .noWait)
      }
    }
    for page in 0..<3 { #expect(try bed.entry(file, UInt64(page))?.entry.isDirty == true) }
    #expect(try bed.load(area, at: 8192) == [6])
  }

  @Test("A fault that looks for blocks is EAGAIN")
  func extents() throws {
    let bed = try FaultBed()
    let file = try bed.file(1)
    let inode = try bed.volume.inode(file)
    held({ inode.extentLock.lockExclusive() }, { inode.extentLock.unlockExclusive() }) {
      #expect(errno(bed, file, at: 0) == .EAGAIN)
    }
    #expect(errno(bed, file, at: 0) == nil)
  }
}
