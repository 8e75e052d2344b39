internal import CHost
internal import Glibc
internal import HotCore

/// An open file of a real filesystem, closed when its owner goes.
///
/// Each method is one system call. A call that a signal interrupts is made again; one that fails
/// keeps its errno. Reads and writes say how many bytes they moved, which may be fewer than asked.
@safe
public struct LiveFile: ~Copyable, Sendable {
  /// How a file is opened.
  public struct Mode: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt32

    /// Takes the bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// For reading; a file opened for neither is opened for reading.
    public static let read = Mode(rawValue: UInt32(CHOST_LIVE_READ))
    /// For writing.
    public static let write = Mode(rawValue: UInt32(CHOST_LIVE_WRITE))
    /// Made when it does not exist.
    public static let create = Mode(rawValue: UInt32(CHOST_LIVE_CREATE))
    /// Emptied.
    public static let truncate = Mode(rawValue: UInt32(CHOST_LIVE_TRUNCATE))
    /// Past the page cache: O_DIRECT.
    public static let direct = Mode(rawValue: UInt32(CHOST_LIVE_DIRECT))
    /// Each write durable before it returns: O_DSYNC.
    public static let dataSync = Mode(rawValue: UInt32(CHOST_LIVE_DATA_SYNC))
    /// Each write at the end.
    public static let append = Mode(rawValue: UInt32(CHOST_LIVE_APPEND))
    /// Made, and refused when the name exists.
    public static let exclusive = Mode(rawValue: UInt32(CHOST_LIVE_EXCLUSIVE))
    /// A new file without a name in the folder that the path names; open it for writing.
    public static let unnamed = Mode(rawValue: UInt32(CHOST_LIVE_UNNAMED))
    /// A folder, for `sync` and `lock`.
    public static let folder = Mode(rawValue: UInt32(CHOST_LIVE_FOLDER))
  }

  /// The path it was opened by.
  public let path: String
  /// How it was opened.
  public let mode: Mode
  private let descriptor: Descriptor

  /// The number that system calls take, valid as long as this value lives.
  var number: Int32 { descriptor.number }

  /// A file of memory without a name, empty.
  init() throws(LiveError) {
    let number = chost_memory_file(0)
    guard number >= 0 else { throw LiveError(call: "memfd_create", errno: errno, path: "memory") }
    descriptor = Descriptor(owning: number)
    (path, mode) = ("memory", [.read, .write])
  }

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: the file; with `unnamed`, its folder.
  ///   - mode: how.
  /// - Throws: `LiveError` from `open`.
  public init(_ path: String, _ mode: Mode) throws(LiveError) {
    // SAFETY: Swift lends the string as a C string for the call only.
    let number = try LiveError.check(unsafe chost_live_open(path, mode.rawValue), "open", path)
    descriptor = Descriptor(owning: Int32(number))
    self.path = path
    self.mode = mode
  }

  /// Reads at an offset.
  ///
  /// - Parameters:
  ///   - bytes: where to; a direct file wants it aligned.
  ///   - offset: byte of the file to begin at.
  /// - Returns: how many bytes arrived; 0 at the end of the file.
  /// - Throws: `LiveError` from `pread`.
  public func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(LiveError) -> Int {
    // SAFETY: the caller's buffer is valid for its count; an empty one is not handed on.
    guard let base = bytes.baseAddress, unsafe !bytes.isEmpty else { return 0 }
    return try LiveError.check(
      unsafe chost_live_read(number, base, bytes.count, Int64(offset)), "pread", path)
  }

  /// Writes at an offset.
  ///
  /// - Parameters:
  ///   - bytes: what; a direct file wants it aligned.
  ///   - offset: byte of the file to begin at.
  /// - Returns: how many bytes were written.
  /// - Throws: `LiveError` from `pwrite`.
  @inline(__always)
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(LiveError) -> Int {
    // SAFETY: as for `read`.
    guard let base = bytes.baseAddress, unsafe !bytes.isEmpty else { return 0 }
    return try LiveError.check(
      unsafe chost_live_write(number, base, bytes.count, Int64(offset)), "pwrite", path)
  }

  /// Reads until the buffer is full or the file ends.
  ///
  /// - Parameters:
  ///   - bytes: where to.
  ///   - offset: byte of the file to begin at.
  /// - Returns: how many bytes arrived.
  /// - Throws: `LiveError` from `pread`.
  public func readAll(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(LiveError) -> Int {
    var done = 0
    while done < bytes.count {
      // SAFETY: a part of the caller's buffer.
      let count = try unsafe read(into: .init(rebasing: bytes[done...]), at: offset + done)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Writes all bytes, in as many calls as it takes.
  ///
  /// - Parameters:
  ///   - bytes: what.
  ///   - offset: byte of the file to begin at.
  /// - Throws: `LiveError` from `pwrite`, after the bytes before have been written.
  public func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(LiveError) {
    var done = 0
    while done < bytes.count {
      // SAFETY: a part of the caller's buffer.
      let count = try unsafe write(.init(rebasing: bytes[done...]), at: offset + done)
      if count == 0 { throw LiveError(call: "pwrite", errno: ENOSPC, path: path) }
      done += count
    }
  }

  /// Sets the file's length; new bytes are a hole.
  ///
  /// - Parameter byteCount: the new length.
  /// - Throws: `LiveError` from `ftruncate`.
  public func truncate(to byteCount: Int) throws(LiveError) {
    _ = try LiveError.check(chost_live_truncate(number, Int64(byteCount)), "ftruncate", path)
  }

  /// Makes data and metadata durable, with a flush of the device.
  ///
  /// - Throws: `LiveError` from `fsync`, also for an earlier write that failed.
  public func sync() throws(LiveError) {
    _ = try LiveError.check(chost_live_sync(number), "fsync", path)
  }

  /// Makes everything of the file's filesystem durable.
  ///
  /// - Throws: `LiveError` from `syncfs`.
  public func syncFilesystem() throws(LiveError) {
    _ = try LiveError.check(chost_live_sync_filesystem(number), "syncfs", path)
  }

  /// The file's length.
  ///
  /// - Returns: its bytes.
  /// - Throws: `LiveError` from `statx`.
  public func byteCount() throws(LiveError) -> Int { Int(try status().byte_count) }

  /// Takes the advisory lock that goes with this open file.
  ///
  /// - Returns: whether nobody else had it.
  /// - Throws: `LiveError` from `flock`.
  public func lock() throws(LiveError) -> Bool {
    let result = chost_live_lock(number)
    if result == -Int64(EWOULDBLOCK) { return false }
    _ = try LiveError.check(result, "flock", path)
    return true
  }

  /// What statx says.
  func status() throws(LiveError) -> chost_live_status {
    var status = chost_live_status()
    // SAFETY: the out-parameter lives through the call.
    _ = try LiveError.check(unsafe chost_live_stat(number, &status), "statx", path)
    return status
  }
}
