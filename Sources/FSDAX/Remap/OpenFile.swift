internal import HotCore
internal import Synchronization

/// A file as a descriptor gives access to it.
public struct OpenFile: Sendable {
  /// The file.
  public var file: FileID
  /// The volume it lies on.
  public var volume: Volume
  /// Whether it was opened for reading.
  public var canRead: Bool
  /// Whether it was opened for writing.
  public var canWrite: Bool
  /// Whether every write goes to its end.
  public var isAppend: Bool
  /// Whether it was reached through a mount that allows no change.
  public var isOnReadOnlyMount = false

  /// A descriptor of a file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - volume: The volume it lies on.
  ///   - canRead: Whether it is open for reading.
  ///   - canWrite: Whether it is open for writing.
  ///   - isAppend: Whether every write goes to its end.
  public init(
    _ file: FileID, on volume: Volume, canRead: Bool = true, canWrite: Bool = true,
    isAppend: Bool = false
  ) {
    self.file = file
    self.volume = volume
    self.canRead = canRead
    self.canWrite = canWrite
    self.isAppend = isAppend
  }
}

/// Who asks for an operation, with the limits and the signals of that process.
public final class Caller: Sendable {
  /// The user.
  public let userID: UInt32
  /// Whether permissions do not bind this user.
  public let isAdministrator: Bool
  /// RLIMIT_FSIZE in bytes, or nil for none.
  public let fileSizeLimit: Int?
  private let fileSizeSignals = Atomic<Int>(0)

  /// Somebody.
  ///
  /// - Parameters:
  ///   - userID: The user.
  ///   - isAdministrator: Whether permissions do not bind.
  ///   - fileSizeLimit: RLIMIT_FSIZE in bytes, or nil for none.
  public init(userID: UInt32, isAdministrator: Bool = false, fileSizeLimit: Int? = nil) {
    self.userID = userID
    self.isAdministrator = isAdministrator
    self.fileSizeLimit = fileSizeLimit
  }

  /// The user 0, without a limit.
  public static let administrator = Caller(userID: 0, isAdministrator: true)

  /// How often SIGXFSZ was delivered.
  public var fileSizeSignalCount: Int { fileSizeSignals.load(ordering: .relaxed) }

  /// Delivers SIGXFSZ.
  func deliverFileSizeSignal() { fileSizeSignals.wrappingAdd(1, ordering: .relaxed) }
}

extension OpenFile {
  /// The state behind the descriptor and a copy of what the file is; EBADF where it is gone.
  func look() throws(Errno) -> (inode: Inode, attributes: FileAttributes) {
    guard let inode = volume.inodes.inode(file.number) else { throw .EBADF }
    inode.ioLock.lockShared()
    defer { inode.ioLock.unlockShared() }
    guard inode.isLive, inode.generation == file.generation else { throw .EBADF }
    return (inode, inode.attributes)
  }
}
