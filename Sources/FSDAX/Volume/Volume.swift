internal import HotCore
internal import Synchronization

/// Which filesystem's rules a volume follows.
public enum Personality: String, CaseIterable, Sendable {
  /// XFS with reflink: copy-on-write where extents are shared.
  case xfs
  /// A design after Btrfs: always copy-on-write. There is no Btrfs on fsdax.
  case btrfs
}

/// What a volume is made of.
public struct VolumeOptions: Sendable {
  /// The device.
  public var device: DeviceOptions
  /// The filesystem's rules.
  public var personality: Personality = .xfs
  /// The defects kept.
  public var profile: Profile = .strict
  /// Parts of the device with locks of their own, or nil for a number after the size.
  public var groupCount: Int?
  /// XFS: whether every write goes to new blocks.
  public var alwaysCopiesOnWrite = false
  /// Btrfs: whether the data profile keeps copies or parity, which rules out direct writes.
  public var hasRedundantData = false
  /// Whether files may share blocks at all; without, clone and dedupe are EOPNOTSUPP.
  public var hasReflink = true
  /// Whether a dedupe of DAX files takes holes and zeros for the same; the kernel does not.
  public var comparesHolesAsZeros = false
  /// How frames in several files are tracked.
  public var tracking: ShareTracking = .shareCount
  /// Whether the filesystem can tell which files a block belongs to.
  public var hasReverseMap = true
  /// The largest size of a file.
  public var maximumFileByteCount = Int.max & ~4095

  /// A volume on a device of so many bytes.
  public init(byteCount: Int) { device = DeviceOptions(byteCount: byteCount) }
}

/// A filesystem with reflink on byte-addressable storage, in user space: bytes really move.
///
/// Any number of threads; locks are per file and per allocation group. Constants only: what
/// changes lies in memory the volume owns, so that a call costs no reference count.
@safe public final class Volume: @unchecked Sendable {
  // Sendable: the members are constants; each guards what it holds by locks or atomics.
  /// What the volume was made of.
  public let options: VolumeOptions
  let device: DAXDevice
  let groups: GroupTable
  let inodes = InodeTable()
  let frames: FrameTable
  let ledgers = LedgerTable()
  let poisonedFrames = PoisonedFrames()
  let btrfs: BtrfsState
  private let shutDown = Atomic<Bool>(false)
  private let interrupt = Atomic<Bool>(false)
  /// What the next completion or cancellation of staging fails with, for tests; 0 for nothing.
  private let nextEndError = Atomic<Int32>(0)
  private let lacksHugeZeroFrame = Atomic<Bool>(false)

  /// An empty volume.
  ///
  /// - Parameter options: What it is made of.
  /// - Throws: `FSDAXError`: ENOMEM without the memory, EOPNOTSUPP for a routine this machine
  ///   lacks, EINVAL for a group count that leaves a group without blocks, and beyond 4 TiB.
  public init(_ options: VolumeOptions) throws(FSDAXError) {
    do throws(Errno) {
      let device = try DAXDevice(options.device)
      _ = device.holder.install(Self.holderID, partition: 0..<UInt64(device.byteCount))
      groups = try GroupTable(blockCount: device.pageCount, groupCount: options.groupCount)
      frames = FrameTable(frameCount: device.pageCount, tracking: options.tracking)
      btrfs = BtrfsState(blockCount: options.personality == .btrfs ? device.pageCount : 0)
      self.device = device
      self.options = options
    } catch {
      throw FSDAXError(error, .mount, nil)
    }
  }

  /// The defects kept.
  var profile: Profile {
    @inline(__always) get { options.profile }
  }

  /// Exact counts since the volume was made, over all threads.
  public var ledger: Ledger { ledgers.totals }

  /// Bytes not in use, staging blocks counted as used.
  public var freeByteCount: Int { groups.freeBlockCount << DAXDevice.pageShift }

  /// Bytes of the smallest page that backs the device, proven.
  public var pageByteCount: Int { device.arena.pages.bytesPerPage }

  /// A new file.
  ///
  /// - Parameter attributes: What it is.
  /// - Returns: Its name on this volume.
  /// - Throws: `FSDAXError` with ENOSPC when there are too many files.
  public func create(_ attributes: FileAttributes = FileAttributes()) throws(FSDAXError) -> FileID {
    do throws(Errno) {
      let inode = try inodes.take()
      inode.ioLock.lockExclusive()
      defer { inode.ioLock.unlockExclusive() }
      // A fault through the name of the file that had the number before looks under this lock.
      inode.invalidateLock.lockExclusive()
      defer { inode.invalidateLock.unlockExclusive() }
      inode.generation &+= 1
      inode.isLive = true
      inode.size = 0
      _ = inode.takeWritebackError()
      inode.attributes = attributes
      inode.publishHints()
      return inode.id
    } catch {
      throw FSDAXError(error, .create, nil)
    }
  }

  /// The state of a file, or nil when there is no such file.
  ///
  /// Its generation is to be checked again with `isCurrent` under a lock.
  @inline(__always)
  func inode(_ file: FileID) throws(Errno) -> Inode {
    guard let inode = inodes.inode(file.number) else { throw .ENOENT }
    return inode
  }

  /// Whether operations stop at their next step with EINTR, as a fatal signal makes them; who waits
  /// for a pinned frame wakes.
  public var isInterrupted: Bool {
    @inline(__always) get { interrupt.load(ordering: .relaxed) }
    set {
      interrupt.store(newValue, ordering: .relaxed)
      if newValue { frames.pins.wake() }
    }
  }

  /// Whether the volume has ended all work with EIO, as after damage.
  public var isShutDown: Bool {
    @inline(__always) get { shutDown.load(ordering: .relaxed) }
    set { shutDown.store(newValue, ordering: .relaxed) }
  }

  /// Makes the next `end` that has staging to complete or undo fail, and change nothing.
  func failNextEnd(_ error: Errno) { nextEndError.store(error.rawValue, ordering: .relaxed) }

  /// The error set by `failNextEnd`, once.
  @inline(__always) func takeEndError() -> Errno? {
    if nextEndError.load(ordering: .relaxed) == 0 { return nil }
    let number = nextEndError.exchange(0, ordering: .relaxed)
    return number == 0 ? nil : Errno(rawValue: number)
  }

  /// Whether 2 MiB of zeros can be mapped at once; the kernel has no frame for it at times.
  var hasHugeZeroFrame: Bool {
    get { !lacksHugeZeroFrame.load(ordering: .relaxed) }
    set { lacksHugeZeroFrame.store(!newValue, ordering: .relaxed) }
  }

  /// Marks the data of a file as changed; `ioLock` is held alone.
  @inline(__always) func touch(_ inode: Inode) {
    inode.attributes.modified &+= 1
    inode.attributes.changed &+= 1
  }
}

extension Inode {
  /// Whether this is still the file of a name; `ioLock` or `invalidateLock` is held.
  @inline(__always) func check(_ file: FileID) throws(Errno) {
    guard isLive, generation == file.generation else { throw .ENOENT }
  }
}
