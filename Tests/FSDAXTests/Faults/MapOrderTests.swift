import Synchronization
import Testing

@testable import FSDAX

@Suite("When a copied page is shown")
struct MapOrderTests {
  @Test(
    "Strictly after its blocks are the file's; upstream before", arguments: bothProfiles, [0, 9])
  func copied(_ profile: Profile, order: Int) throws {
    let bed = try FaultBed(profile)
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: FaultBed.huge)
    try bed.write(file, 3, byteCount: FaultBed.huge)
    let peer = try bed.sharer(of: file)
    let hook = MapHook()
    let area = try bed.volume.makeArea(file, at: 0, pageCount: 512, mirror: hook)
    let old = try #require(try bed.block(file))
    // No lock: this thread is the only one, and the hook's caller has locks that come later.
    hook.arm { _ in try? bed.block(file) }
    let outcome = bed.fault(area, write: true, order: order)
    #expect(outcome.flags == .noPage)
    let new = try #require(outcome.frame)
    #expect(new != old && hook.frames == [new])
    #expect(hook.blocks == [profile == .strict ? new : old])
    #expect(area.table.slot(0) == AreaSlot(frame: new, isWritable: true))
    #expect(area.table.slot(511).isFrame == (order == 9))
    try bed.store(area, 4)
    #expect(try bed.read(file, byteCount: 2) == [4, 3])
    #expect(try bed.read(peer, byteCount: 1) == [3])
  }

  @Test("A copy whose end fails was never shown", arguments: [0, 9])
  func failed(order: Int) throws {
    let bed = try FaultBed()
    let file = try bed.volume.create()
    try bed.volume.allocate(file, at: 0, byteCount: FaultBed.huge)
    try bed.write(file, 3, byteCount: FaultBed.huge)
    _ = try bed.sharer(of: file)
    let hook = MapHook()
    let area = try bed.volume.makeArea(file, at: 0, pageCount: 512, mirror: hook)
    bed.volume.failNextEnd(.EIO)
    #expect(bed.fault(area, write: true, order: order).flags == .sigbus)
    #expect(hook.frames.isEmpty && area.table.slot(0).isNone)
  }
}

/// Notes the frames that are mapped, and what a look at each of these moments gives.
private final class MapHook: PageTableMirror {
  private struct State {
    var look: (@Sendable (Int) -> Int?)?
    var frames: [Int] = []
    var blocks: [Int?] = []
  }
  private let state = Mutex(State())

  var frames: [Int] { state.withLock { $0.frames } }
  var blocks: [Int?] { state.withLock { $0.blocks } }

  func arm(_ look: @escaping @Sendable (Int) -> Int?) { state.withLock { $0.look = look } }

  func map(page: Int, count: Int, frame: Int, isWritable: Bool) {
    state.withLock { state in
      state.frames.append(frame)
      state.blocks.append(state.look?(frame))
    }
  }
  func mapZero(page: Int, count: Int) {}
  func protect(page: Int, count: Int) {}
  func unmap(page: Int, count: Int) {}
}
