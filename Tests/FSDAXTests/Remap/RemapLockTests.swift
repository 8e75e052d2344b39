import Dispatch
import Foundation
import HotCore
import Testing

@testable import FSDAX

@Suite("Locks of clone and dedupe")
struct RemapLockTests {
  @Test("733: a reader of the source gets through while the clone holds it")
  func readerGetsThrough() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(8192))
    let target = try fixture.file(remapPattern(8192, seed: 2))
    let marked = try fixture.file()
    // The target is marked already, so that the clone first waits for its extents in the loop.
    #expect(fixture.clone(target, 0, 0, marked, 0) == .success(8192))
    let sourceInode = try fixture.volume.inode(source)
    let targetInode = try fixture.volume.inode(target)
    let (isHeld, mayGo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let hasFaulted = DispatchSemaphore(value: 0)
    let (isCloned, isRead) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    Thread.detachNewThread {
      targetInode.extentLock.lockShared()
      isHeld.signal()
      mayGo.wait()
      targetInode.extentLock.unlockShared()
    }
    isHeld.wait()
    Thread.detachNewThread {
      _ = fixture.clone(source, 0, 0, target, 0)
      isCloned.signal()
    }
    while !sourceInode.isRemapping { sched_yield() }
    Thread.detachNewThread {
      if (try? fixture.bytes(source)) == remapPattern(8192) { isRead.signal() }
    }
    #expect(isRead.wait(timeout: .now() + 20) == .success)
    // A read fault gets through too; a write fault waits for the end of the clone.
    let isAlone = sourceInode.lockForFault(isWrite: false)
    #expect(!isAlone)
    sourceInode.unlockAfterFault(isExclusive: isAlone)
    Thread.detachNewThread {
      let isAlone = sourceInode.lockForFault(isWrite: true)
      let isDone = !sourceInode.isRemapping && targetInode.size == 8192
      sourceInode.unlockAfterFault(isExclusive: isAlone)
      if isDone { hasFaulted.signal() }
    }
    // Neither is the clone done, nor may anybody write or fault for writing.
    #expect(sourceInode.isRemapping)
    #expect(heldLocks(sourceInode) == ["io", "invalidate"])
    #expect(heldLocks(targetInode) == ["io", "invalidate", "extents"])
    mayGo.signal()
    isCloned.wait()
    #expect(hasFaulted.wait(timeout: .now() + 20) == .success)
    #expect(!sourceInode.isRemapping)
    #expect(heldLocks(sourceInode).isEmpty)
    #expect(try fixture.bytes(target) == remapPattern(8192))
  }

  @Test(
    "544: both orders of the inode numbers at once, and the same file, end",
    arguments: bothProfiles)
  func bothOrders(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let files = [try fixture.file(remapPattern(8192)), try fixture.file(remapPattern(8192))]
    let done = DispatchSemaphore(value: 0)
    for worker in 0..<4 {
      Thread.detachNewThread {
        for step in 0..<200 {
          let (first, second) = (files[worker & 1], files[1 - worker & 1])
          if step & 1 == 0 {
            _ = fixture.clone(first, 0, 0, second, 0)
          } else {
            _ = try? fixture.dedupe(first, 0, 4096, first, 4096)
            _ = try? fixture.dedupe(first, 0, 8192, second, 0)
          }
        }
        done.signal()
      }
    }
    for _ in 0..<4 { done.wait() }
    for file in files { #expect(try fixture.bytes(file) == remapPattern(8192)) }
    #expect(try fixture.counts(files[0], blocks: 2) == [2, 2])
  }

  @Test("Every way out gives back every lock")
  func released() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(8192))
    let target = try fixture.file(remapPattern(8192, seed: 2))
    let immutable = try fixture.file { $0.isImmutable = true }
    _ = fixture.clone(source, 0, 0, immutable, 0)
    _ = try fixture.dedupe(source, 0, 8192, target, 0)
    _ = fixture.clone(source, 0, 0, target, 4096)
    _ = fixture.clone(source, 0, 4096, source, 4096)
    _ = try fixture.volume.compare(source, at: 0, with: source, at: 0, byteCount: 8192)
    for file in [source, target, immutable] {
      #expect(heldLocks(try fixture.volume.inode(file)).isEmpty)
    }
  }

  /// Which locks of a file somebody holds in any way.
  private func heldLocks(_ inode: Inode) -> [String] {
    var held: [String] = []
    if inode.ioLock.tryLockExclusive() {
      inode.ioLock.unlockExclusive()
    } else {
      held.append("io")
    }
    if inode.invalidateLock.tryLockExclusive() {
      inode.invalidateLock.unlockExclusive()
    } else {
      held.append("invalidate")
    }
    if inode.extentLock.tryLockExclusive() {
      inode.extentLock.unlockExclusive()
    } else {
      held.append("extents")
    }
    return held
  }
}
