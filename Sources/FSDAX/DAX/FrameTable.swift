internal import HotCore
internal import Synchronization

/// What is known of who has a frame.
enum FrameOwners: Hashable {
  /// These, in no order.
  case known([BlockOwner])
  /// So many, and only the filesystem's reverse map can name them.
  case askFilesystem(Int)
}

/// Who has the frames of 2 MiB of the device: one design of tracking.
///
/// Frames are counted from the zone's first. Source: specification, section 4.6.
protocol FrameTracker: ~Copyable {
  /// Nobody has any.
  init()
  /// A file's entry now stands for a frame; not shared means that no other one should.
  mutating func associate(_ frame: Int, _ owner: BlockOwner, isShared: Bool)
  /// A file's entry stands for the frame no longer.
  mutating func disassociate(_ frame: Int, _ owner: BlockOwner)
  /// A file's entry now stands for all 512; false, and no change, to be told of each by itself.
  mutating func associateAll(_ first: BlockOwner) -> Bool
  /// Undoes `associateAll`; false, and no change, to be told of each by itself.
  mutating func disassociateAll(_ first: BlockOwner) -> Bool
  /// How many have it.
  func count(of frame: Int) -> Int
  /// Who has it.
  func owners(of frame: Int) -> FrameOwners
}

extension FrameTracker where Self: ~Copyable {
  mutating func associateAll(_ first: BlockOwner) -> Bool { false }
  mutating func disassociateAll(_ first: BlockOwner) -> Bool { false }
}

/// The trackers of a device, each with its lock, made when first needed.
@safe struct ZoneTable<Tracker: FrameTracker & ~Copyable>: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer is immutable, and each zone is touched under its lock.
  @safe private struct Zone: ~Copyable {
    let lock: SharedLock
    var tracker: UnsafeMutablePointer<Tracker>?
  }

  private let zones: UnsafeMutablePointer<Zone>
  private let count: Int

  /// Zones for so many frames; none for 0.
  init(frameCount: Int) {
    count = (frameCount + 511) >> 9
    unsafe zones = .allocate(capacity: max(count, 1))
    for index in 0..<count {
      let lock = SharedLock(rank: LockRank.frames, order: UInt64(index))
      unsafe (zones + index).initialize(to: Zone(lock: lock, tracker: nil))
    }
  }

  deinit {
    for index in 0..<count {
      if let tracker = unsafe zones[index].tracker {
        unsafe tracker.deinitialize(count: 1)
        unsafe tracker.deallocate()
      }
    }
    unsafe zones.deinitialize(count: count)
    unsafe zones.deallocate()
  }

  // SAFETY: frames come from entries, which lie on the device; trackers are touched under locks.

  /// Associates frames in a row with indices in a row.
  @inline(__always)
  func associate(_ frames: Range<Int>, inode: UInt32, first: UInt64, isShared: Bool) {
    unsafe locked(frames) { tracker in
      if frames.count == 512,
        unsafe tracker.pointee.associateAll(BlockOwner(inode: inode, block: first))
      {
        return
      }
      for frame in frames {
        let index = first + UInt64(frame - frames.lowerBound)
        unsafe tracker.pointee.associate(
          frame & 511, BlockOwner(inode: inode, block: index), isShared: isShared)
      }
    }
  }

  /// Undoes `associate`.
  @inline(__always)
  func disassociate(_ frames: Range<Int>, inode: UInt32, first: UInt64) {
    unsafe locked(frames) { tracker in
      if frames.count == 512,
        unsafe tracker.pointee.disassociateAll(BlockOwner(inode: inode, block: first))
      {
        return
      }
      for frame in frames {
        let index = first + UInt64(frame - frames.lowerBound)
        unsafe tracker.pointee.disassociate(frame & 511, BlockOwner(inode: inode, block: index))
      }
    }
  }

  /// Frames of one entry: one zone, for huge frames are aligned.
  @unsafe @inline(__always)
  private func locked(_ frames: Range<Int>, _ body: (UnsafeMutablePointer<Tracker>) -> Void) {
    let zone = unsafe zones + frames.lowerBound >> 9
    unsafe zone.pointee.lock.lockExclusive()
    var tracker = unsafe zone.pointee.tracker
    if unsafe tracker == nil {
      let made = UnsafeMutablePointer<Tracker>.allocate(capacity: 1)
      unsafe made.initialize(to: Tracker())
      unsafe zone.pointee.tracker = made
      unsafe tracker = made
    }
    unsafe body(tracker.unsafelyUnwrapped)
    unsafe zone.pointee.lock.unlockExclusive()
  }

  /// How many entries have a frame.
  func count(of frame: Int) -> Int {
    unsafe zones[frame >> 9].lock.lockShared()
    defer { unsafe zones[frame >> 9].lock.unlockShared() }
    return unsafe zones[frame >> 9].tracker?.pointee.count(of: frame & 511) ?? 0
  }

  /// Who has a frame.
  func owners(of frame: Int) -> FrameOwners {
    unsafe zones[frame >> 9].lock.lockShared()
    defer { unsafe zones[frame >> 9].lock.unlockShared() }
    return unsafe zones[frame >> 9].tracker?.pointee.owners(of: frame & 511) ?? .known([])
  }
}

/// Which entries have which frames, by the design a volume was made with, and which are pinned.
struct FrameTable: ~Copyable, Sendable {
  let tracking: ShareTracking
  let pins = FramePins()
  private let counts: ZoneTable<ShareCounts>
  private let trees: ZoneTable<OwnerTrees>
  private let shadows: ZoneTable<ShadowPages>

  /// Nobody has any frame.
  init(frameCount: Int, tracking: ShareTracking) {
    self.tracking = tracking
    counts = ZoneTable(frameCount: tracking == .shareCount ? frameCount : 0)
    trees = ZoneTable(frameCount: tracking == .ownerTree ? frameCount : 0)
    shadows = ZoneTable(frameCount: tracking == .shadowPages ? frameCount : 0)
  }

  /// An entry's frames become a file's; zero and empty entries have none.
  @inline(__always)
  func associate(_ placed: PlacedEntry, inode: UInt32, isShared: Bool) {
    guard placed.entry.hasFrames else { return }
    let frames = placed.entry.frame..<placed.entry.frame + placed.entry.frameCount
    switch tracking {
    case .shareCount:
      counts.associate(frames, inode: inode, first: placed.base, isShared: isShared)
    case .ownerTree:
      trees.associate(frames, inode: inode, first: placed.base, isShared: isShared)
    case .shadowPages:
      shadows.associate(frames, inode: inode, first: placed.base, isShared: isShared)
    }
  }

  /// Undoes `associate`.
  @inline(__always)
  func disassociate(_ placed: PlacedEntry, inode: UInt32) {
    guard placed.entry.hasFrames else { return }
    let frames = placed.entry.frame..<placed.entry.frame + placed.entry.frameCount
    switch tracking {
    case .shareCount: counts.disassociate(frames, inode: inode, first: placed.base)
    case .ownerTree: trees.disassociate(frames, inode: inode, first: placed.base)
    case .shadowPages: shadows.disassociate(frames, inode: inode, first: placed.base)
    }
  }

  /// How many entries have a frame of the device.
  func count(of frame: Int) -> Int {
    switch tracking {
    case .shareCount: counts.count(of: frame)
    case .ownerTree: trees.count(of: frame)
    case .shadowPages: shadows.count(of: frame)
    }
  }

  /// Who has a frame of the device.
  func owners(of frame: Int) -> FrameOwners {
    switch tracking {
    case .shareCount: counts.owners(of: frame)
    case .ownerTree: trees.owners(of: frame)
    case .shadowPages: shadows.owners(of: frame)
    }
  }
}
