/// A Linux error number, positive; the raw result of a kernel function is its negative.
public struct Errno: RawRepresentable, Error, Hashable, Sendable, CustomStringConvertible {
  /// The number.
  public let rawValue: Int32

  /// An error of a number.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  private init(_ number: Int32) { rawValue = number }

  /// Operation not permitted.
  public static let EPERM = Errno(1)
  /// No such file.
  public static let ENOENT = Errno(2)
  /// Interrupted by a signal.
  public static let EINTR = Errno(4)
  /// Input or output failed.
  public static let EIO = Errno(5)
  /// No such device or address.
  public static let ENXIO = Errno(6)
  /// Bad file descriptor.
  public static let EBADF = Errno(9)
  /// The operation would wait.
  public static let EAGAIN = Errno(11)
  /// Out of memory.
  public static let ENOMEM = Errno(12)
  /// Bad address.
  public static let EFAULT = Errno(14)
  /// A block device is required; inside a filesystem: take the buffered path.
  public static let ENOTBLK = Errno(15)
  /// Busy.
  public static let EBUSY = Errno(16)
  /// Across filesystems.
  public static let EXDEV = Errno(18)
  /// A directory.
  public static let EISDIR = Errno(21)
  /// Invalid argument.
  public static let EINVAL = Errno(22)
  /// A file in use as a program or for swapping.
  public static let ETXTBSY = Errno(26)
  /// Too large a file.
  public static let EFBIG = Errno(27)
  /// No space left.
  public static let ENOSPC = Errno(28)
  /// A read-only filesystem.
  public static let EROFS = Errno(30)
  /// Out of range.
  public static let ERANGE = Errno(34)
  /// The ranges of a dedupe differ.
  public static let EBADE = Errno(52)
  /// No data.
  public static let ENODATA = Errno(61)
  /// Not supported.
  public static let EOPNOTSUPP = Errno(95)
  /// The filesystem's structure is damaged.
  public static let EFSCORRUPTED = Errno(117)
  /// Memory with an uncorrectable error.
  public static let EHWPOISON = Errno(133)
  /// Restart the system call; never seen by a caller.
  public static let ERESTARTSYS = Errno(512)

  /// The name, such as `EIO`.
  public var description: String { Self.names[rawValue] ?? "errno \(rawValue)" }

  private static let names: [Int32: String] = [
    1: "EPERM", 2: "ENOENT", 4: "EINTR", 5: "EIO", 6: "ENXIO", 9: "EBADF", 11: "EAGAIN",
    12: "ENOMEM", 14: "EFAULT", 15: "ENOTBLK", 16: "EBUSY", 18: "EXDEV", 21: "EISDIR",
    22: "EINVAL", 26: "ETXTBSY", 27: "EFBIG", 28: "ENOSPC", 30: "EROFS", 34: "ERANGE",
    52: "EBADE", 61: "ENODATA", 95: "EOPNOTSUPP", 117: "EFSCORRUPTED", 133: "EHWPOISON",
    512: "ERESTARTSYS",
  ]

  /// What a block layer reports for it: a poisoned page or a dead device is an I/O error there.
  var asBlockError: Errno { self == .EHWPOISON || self == .ENXIO ? .EIO : self }
}

/// Why an operation on a volume failed, and where.
public struct FSDAXError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The error number the kernel would give.
  public let errno: Errno
  /// What was tried.
  public let operation: FSDAXOperation
  /// The file, where one is concerned.
  public let file: FileID?
  /// The file position it was about.
  public let position: Int

  /// An error from its parts.
  public init(_ errno: Errno, _ operation: FSDAXOperation, _ file: FileID?, position: Int = 0) {
    self.errno = errno
    self.operation = operation
    self.file = file
    self.position = position
  }

  /// One sentence.
  public var description: String {
    let subject = file.map { " of file \($0.number)" } ?? ""
    return "The \(operation.rawValue)\(subject) at \(position) failed: \(errno)."
  }
}

/// What can be asked of a volume.
public enum FSDAXOperation: String, Sendable {
  // The words of the error's sentence.
  case create, open, read, write, zero, truncate, unshare, punch, allocate, clone, dedupe, compare
  case fault, map, sync, mount, notify
}
