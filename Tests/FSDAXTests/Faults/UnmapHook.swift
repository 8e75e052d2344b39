import Synchronization

@testable import FSDAX

/// Does something once, when pages are taken from its mapping.
final class UnmapHook: PageTableMirror {
  private let body = Mutex<(@Sendable () -> Void)?>(nil)

  var isArmed: Bool { body.withLock { $0 != nil } }

  func arm(_ body: @escaping @Sendable () -> Void) { self.body.withLock { $0 = body } }

  func map(page: Int, count: Int, frame: Int, isWritable: Bool) {}
  func mapZero(page: Int, count: Int) {}
  func protect(page: Int, count: Int) {}
  func unmap(page: Int, count: Int) {
    let armed = body.withLock { body in
      defer { body = nil }
      return body
    }
    armed?()
  }
}

/// An empty page of a Btrfs file, and a hook into the middle of the fault that stores to it first:
/// the new block is taken, and not the file's yet.
struct CopyingFault {
  let bench: BtrfsBench
  let file: FileID
  let hook = UnmapHook()
  /// Where the store goes.
  let area: VirtualArea
  private let zeros: VirtualArea

  init() throws {
    bench = try BtrfsBench()
    file = try bench.file(.plain)
    try bench.volume.truncate(file, to: 4096)
    area = try bench.volume.makeArea(file, at: 0, pageCount: 1)
    zeros = try bench.volume.makeArea(file, at: 0, pageCount: 1, mirror: hook)
    // The copy takes these zeros away, and the hook hears of it.
    _ = bench.volume.fault(zeros, page: 0, isWrite: false)
  }

  func fault() -> FaultOutcome { bench.volume.fault(area, page: 0, isWrite: true) }
}
