internal import HotCore
internal import Synchronization

/// Frames that somebody outside keeps using, such as a device that transfers into them.
struct FramePins: ~Copyable, Sendable {
  private let total = Atomic<Int>(0)
  private let pins = Mutex<[Int: Int]>([:])
  private let word = WaitWord()

  init() {}

  /// Whether there is none, without a lock.
  @inline(__always) var isEmpty: Bool { total.load(ordering: .acquiring) == 0 }

  func pin(_ frame: Int) {
    pins.withLock { $0[frame, default: 0] += 1 }
    total.wrappingAdd(1, ordering: .releasing)
  }

  /// False where the frame was not pinned.
  func unpin(_ frame: Int) -> Bool {
    let wasPinned = pins.withLock { pins in
      guard let count = pins[frame] else { return false }
      pins[frame] = count == 1 ? nil : count - 1
      return true
    }
    if wasPinned {
      total.wrappingSubtract(1, ordering: .releasing)
      wake()
    }
    return wasPinned
  }

  /// Whether any of the frames is pinned.
  func contains(_ frames: Range<Int>) -> Bool {
    if isEmpty { return false }
    return pins.withLock { pins in pins.keys.contains { frames.contains($0) } }
  }

  /// A ticket for `sleep`, taken before looking for pins.
  var ticket: UInt32 { word.ticket }
  /// Sleeps until a pin goes or somebody wakes, unless that was since the ticket was taken.
  func sleep(ticket: UInt32) { word.sleep(ticket: ticket) }
  /// Has all who sleep look around.
  func wake() { word.wake(all: true) }
}

extension Volume {
  /// Keeps the frame that a mapping has at a page the file's: who changes its blocks waits for
  /// `unpin`.
  ///
  /// These wait: a truncation to fewer bytes, a punch, a zeroing, an unsharing, a removal, an
  /// invalidation, and a clone, dedupe or snapshot of the file. Copies on write do not, by `write`
  /// or by a store through a mapping, nor does `truncatePage`: the file goes on in another block,
  /// and the frame may become another file's while it is pinned. Source: specification, section
  /// 4.9, which has layouts broken by the former only.
  ///
  /// - Parameters:
  ///   - area: The mapping.
  ///   - page: A page of it, with a frame of the device.
  /// - Returns: The frame, for `unpin`.
  /// - Throws: `FSDAXError` with EFAULT where no frame is mapped, and for another volume's mapping.
  public func pin(_ area: VirtualArea, page: Int) throws(FSDAXError) -> Int {
    guard area.volume === self, page >= 0, page < area.pageCount,
      let frame = area.table.pin(page, frames.pins)
    else { throw FSDAXError(.EFAULT, .map, area.file, position: page) }
    return frame
  }

  /// Ends one pin of a frame.
  ///
  /// - Parameter frame: What `pin` gave.
  /// - Throws: `FSDAXError` with EINVAL where the frame is not pinned.
  public func unpin(_ frame: Int) throws(FSDAXError) {
    guard frames.pins.unpin(frame) else { throw FSDAXError(.EINVAL, .map, nil) }
  }
}
