/// Names a file of one volume; a number that is used again has another generation.
public struct FileID: Hashable, Sendable {
  /// The inode number, from 1.
  public let number: UInt32
  let generation: UInt32
}

/// What a file is and who may do what with it.
public struct FileAttributes: Hashable, Sendable {
  /// What kind of file.
  public enum Kind: Sendable { case regular, directory, fifo, device }

  /// What kind of file.
  public var kind: Kind = .regular
  /// Whether its data are reached without a page cache.
  public var isDAX = true
  /// Whether nothing about it may change.
  public var isImmutable = false
  /// Whether the kernel swaps to it.
  public var isSwapFile = false
  /// Whether its data lie on the realtime device.
  public var isRealtime = false
  /// Whether each write is to be durable when it returns.
  public var isSynchronous = false
  /// Btrfs: whether data are overwritten in place where nothing forbids it.
  public var isNodatacow = false
  /// Btrfs: whether data have no checksums.
  public var isNodatasum = true
  /// Whether it has file capabilities, which a clone drops.
  public var hasCapability = false
  /// Whether it has the set-user-ID and set-group-ID bits, which a clone drops unless an
  /// administrator asks for it.
  public var hasSetIDs = false
  /// The owner.
  public var ownerID: UInt32 = 0
  /// Whether others than the owner may write.
  public var isWritableByOthers = false
  /// Extents asked for at least so many blocks; 0 for no hint.
  public var extentHint: UInt32 = 0
  /// The same for copy-on-write.
  public var cowExtentHint: UInt32 = 0
  /// The modification time: a clock of the file that ticks with each change of the data.
  ///
  /// A clock that all files share would be a cache line that all writers share.
  public internal(set) var modified = 0
  /// The change time, the same for each change of the inode.
  public internal(set) var changed = 0

  /// A regular DAX file of user 0.
  public init() {}
}
