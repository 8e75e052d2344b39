/// How frames that several files have are tracked.
public enum ShareTracking: String, CaseIterable, Sendable {
  /// A counter; the filesystem's reverse map knows who.
  case shareCount
  /// A tree of owners for each frame.
  case ownerTree
  /// Shadow pages of each sharer, found by the physical block.
  case shadowPages
}

/// The kernel's design: a frame knows its only owner, or how many there are.
///
/// A count that has fallen to 1 stays a count: nobody knows which owner is left. Source:
/// specification, section 4.6.
@safe struct ShareCounts: FrameTracker, ~Copyable {
  /// `inode` 0 is no mapping.
  private struct Record: BitwiseCopyable {
    var index: UInt64 = 0
    var inode: UInt32 = 0
    var share: UInt32 = 0
  }

  private let records: UnsafeMutablePointer<Record>

  init() {
    unsafe records = .allocate(capacity: 512)
    unsafe records.initialize(repeating: Record(), count: 512)
  }

  deinit { unsafe records.deallocate() }

  // SAFETY: a zone's frames are below 512.

  @inline(__always)
  mutating func associate(_ frame: Int, _ owner: BlockOwner, isShared: Bool) {
    let isIdle = unsafe records[frame].inode == 0 && records[frame].share == 0
    // A frame that should be idle and is not has an entry left over by a hazard: it counts.
    if isIdle {
      unsafe records[frame] = Record(index: owner.block, inode: owner.inode, share: 0)
      return
    }
    if unsafe records[frame].inode != 0 { unsafe records[frame] = Record(share: 1) }
    unsafe records[frame].share += 1
  }

  @inline(__always)
  mutating func disassociate(_ frame: Int, _ owner: BlockOwner) {
    let record = unsafe records[frame]
    if record.share > 1 {
      unsafe records[frame].share -= 1
    } else if record.share == 1 || record.inode == owner.inode {
      unsafe records[frame] = Record()
    }
  }

  func count(of frame: Int) -> Int {
    let record = unsafe records[frame]
    return record.inode != 0 ? 1 : Int(record.share)
  }

  func owners(of frame: Int) -> FrameOwners {
    let record = unsafe records[frame]
    if record.inode != 0 {
      return .known([BlockOwner(inode: record.inode, block: record.index)])
    }
    return record.share == 0 ? .known([]) : .askFilesystem(Int(record.share))
  }
}
