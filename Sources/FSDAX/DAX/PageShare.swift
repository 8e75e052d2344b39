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

  /// Made when frames are first told apart.
  private var records: UnsafeMutablePointer<Record>?
  /// The only owner of all frames, by that of the first; its `inode` is 0 where there is none.
  private var whole = BlockOwner(inode: 0, block: 0)
  /// How many frames have records that are not idle.
  private var usedCount = 0

  init() {}

  deinit { unsafe records?.deallocate() }

  // SAFETY: a zone's frames are below 512, and so many records are made at once.

  /// The records, with one for each frame of a huge entry.
  @unsafe @inline(__always)
  private mutating func told() -> UnsafeMutablePointer<Record> {
    if whole.inode == 0, let records = unsafe records { return unsafe records }
    return unsafe tellApart()
  }

  @unsafe private mutating func tellApart() -> UnsafeMutablePointer<Record> {
    let made: UnsafeMutablePointer<Record>
    if let records = unsafe records {
      unsafe made = records
    } else {
      unsafe made = .allocate(capacity: 512)
      unsafe made.initialize(repeating: Record(), count: 512)
      unsafe records = made
    }
    if whole.inode != 0 {
      for frame in 0..<512 {
        unsafe made[frame] = Record(
          index: whole.block + UInt64(frame), inode: whole.inode, share: 0)
      }
      whole.inode = 0
      usedCount = 512
    }
    return unsafe made
  }

  @inline(__always)
  mutating func associateAll(_ first: BlockOwner) -> Bool {
    guard whole.inode == 0, usedCount == 0 else { return false }
    whole = first
    return true
  }

  @inline(__always)
  mutating func disassociateAll(_ first: BlockOwner) -> Bool {
    guard whole.inode != 0, whole.inode == first.inode else { return false }
    whole.inode = 0
    return true
  }

  @inline(__always)
  mutating func associate(_ frame: Int, _ owner: BlockOwner, isShared: Bool) {
    let record = unsafe told() + frame
    // A frame that should be idle and is not has an entry left over by a hazard: it counts.
    if unsafe record.pointee.inode == 0 && record.pointee.share == 0 {
      unsafe record.pointee = Record(index: owner.block, inode: owner.inode, share: 0)
      usedCount += 1
      return
    }
    if unsafe record.pointee.inode != 0 { unsafe record.pointee = Record(share: 1) }
    unsafe record.pointee.share += 1
  }

  @inline(__always)
  mutating func disassociate(_ frame: Int, _ owner: BlockOwner) {
    let record = unsafe told() + frame
    let (inode, share) = unsafe (record.pointee.inode, record.pointee.share)
    if share > 1 {
      unsafe record.pointee.share -= 1
    } else if share == 1 || inode != 0 && inode == owner.inode {
      unsafe record.pointee = Record()
      usedCount -= 1
    }
  }

  private func record(_ frame: Int) -> Record {
    if whole.inode != 0 {
      return Record(index: whole.block + UInt64(frame), inode: whole.inode, share: 0)
    }
    return unsafe records?[frame] ?? Record()
  }

  func count(of frame: Int) -> Int {
    let record = record(frame)
    return record.inode != 0 ? 1 : Int(record.share)
  }

  func owners(of frame: Int) -> FrameOwners {
    let record = record(frame)
    if record.inode != 0 {
      return .known([BlockOwner(inode: record.inode, block: record.index)])
    }
    return record.share == 0 ? .known([]) : .askFilesystem(Int(record.share))
  }
}
