internal import Synchronization

/// Frames that memory failure has marked.
struct PoisonedFrames: ~Copyable, Sendable {
  private let table = Mutex<Set<UInt32>>([])

  /// Marks a frame.
  func insert(_ frame: UInt32) { table.withLock { _ = $0.insert(frame) } }

  /// All of them, in order.
  var frames: [UInt32] { table.withLock { $0.sorted() } }
}
