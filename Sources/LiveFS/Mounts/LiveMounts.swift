internal import CHost
internal import Glibc
internal import HotCore

/// Filesystems in image files under one folder: made by `up`, taken away by `down`.
///
/// Whatever is made is written down before, so that `down` finds it also after the process was
/// killed; what is not written down is never touched. A loop device is known by its file's inode,
/// never by a path, and so is an image. One process at a time works on a folder, by a lock on it.
public struct LiveMounts: ~Copyable {
  /// What one filesystem is.
  public struct Status: Equatable, Sendable {
    /// Which it is.
    public let filesystem: LiveFilesystem
    /// Where it is mounted, or would be.
    public let path: String
    /// Whether it is mounted and whole.
    public let isUp: Bool
    /// Whether a killed `up` left something of it.
    public let isPartial: Bool
    /// What is seen and why no more is known, in one sentence, when its state cannot be read.
    public let doubt: String?
  }

  /// The folder with images and mounts, absolute and without links.
  public let root: String
  private let lock: LiveFile
  private let isInterrupted: () -> Bool

  /// The smallest image: mkfs.xfs makes nothing below 300 MiB.
  public static let byteCountMinimum = 320 << 20
  /// An image that nobody gave a length: enough for every suite.
  public static let usualByteCount = 2 << 30

  /// Opens the folder, which is made when `makesRoot`; its parent must exist.
  ///
  /// - Parameters:
  ///   - folder: the folder, such as `.build/live-fs`.
  ///   - makesRoot: whether to make it; otherwise the result is nil when there is none.
  ///   - isInterrupted: asked before each step of `up`.
  /// - Returns: the mounts, or nil.
  /// - Throws: `LiveMountError` when it cannot be had.
  public static func open(
    _ folder: String, makesRoot: Bool, isInterrupted: @escaping () -> Bool = { false }
  ) throws(LiveMountError) -> LiveMounts? {
    if makesRoot { try mounting { () throws(LiveError) in try RootFolder.make(folder) } }
    // SAFETY: Swift lends the string as a C string for the call only.
    if !makesRoot, unsafe access(folder, F_OK) != 0, errno == ENOENT { return nil }
    let lock = try mounting { () throws(LiveError) in try LiveFile(folder, .folder) }
    guard try mounting({ () throws(LiveError) in try lock.lock() }) else {
      throw .failed("Another 'daxmark live-fs' works in '\(folder)'.")
    }
    guard let root = realPath(folder) else {
      throw LiveMountError(LiveError(call: "realpath", errno: errno, path: folder))
    }
    try mounting { () throws(LiveError) in try RootFolder.finish(root) }
    return LiveMounts(root: root, lock: lock, isInterrupted: isInterrupted)
  }

  private init(root: String, lock: consuming LiveFile, isInterrupted: @escaping () -> Bool) {
    self.root = root
    self.lock = lock
    self.isInterrupted = isInterrupted
  }

  /// Why `up` cannot work for anybody here; nil when it can.
  public static var obstacle: String? {
    if geteuid() != 0 {
      return "Loop mounts need root; without it, measure on a directory of yours with --target."
    }
    // SAFETY: the path is a literal C string.
    if unsafe access("/dev/loop-control", R_OK | W_OK) != 0 {
      return "This machine has no loop devices (/dev/loop-control)."
    }
    return nil
  }

  /// Makes and mounts a filesystem; one that is up already stays.
  ///
  /// - Parameters:
  ///   - filesystem: which.
  ///   - byteCount: the length of its image, which takes space only as it fills; nil for the usual
  ///     one, or that of the one that is up.
  /// - Returns: where it is mounted.
  /// - Throws: `LiveMountError`, also when it is up with another length; what was made so far is
  ///   gone again then.
  public func up(
    _ filesystem: LiveFilesystem, byteCount: Int? = nil
  ) throws(LiveMountError) -> String {
    if let obstacle = Self.obstacle { throw .failed(obstacle) }
    let wanted = byteCount ?? Self.usualByteCount
    guard wanted >= Self.byteCountMinimum else {
      throw .failed("An image has at least \(Self.byteCountMinimum >> 20) MiB.")
    }
    if filesystem.makerPath == nil { throw .failed(filesystem.missing) }
    let place = MountPlace(root: root, filesystem)
    if let state = try place.state() {
      if state.isReady && place.isMounted(state) {
        if let byteCount { try place.requireImage(byteCount: byteCount) }
        return place.folder
      }
      try place.undo(state)
    }
    try place.refuseStrangers()
    do throws(LiveMountError) {
      try make(place, byteCount: wanted)
    } catch {
      // What went wrong first is what the caller wants to know.
      if let state = try? place.state() { try? place.undo(state) }
      throw error
    }
    return place.folder
  }

  /// Takes away what `up` made of a filesystem.
  ///
  /// - Parameter filesystem: which.
  /// - Returns: whether there was anything.
  /// - Throws: `LiveMountError` when it is in use, or when others put things there.
  public func down(_ filesystem: LiveFilesystem) throws(LiveMountError) -> Bool {
    let place = MountPlace(root: root, filesystem)
    guard let state = try place.state() else { return false }
    try place.undo(state)
    return true
  }

  /// Removes the folder if `open` made it and nothing is in it any more.
  public func removeRoot() { RootFolder.remove(root) }

  /// What is there of a filesystem.
  ///
  /// - Parameter filesystem: which.
  /// - Returns: its status.
  public func status(_ filesystem: LiveFilesystem) -> Status {
    let place = MountPlace(root: root, filesystem)
    var isUp = false
    var isPartial = false
    var doubt: String?
    do throws(LiveMountError) {
      if let state = try place.state() {
        isUp = state.isReady && place.isMounted(state)
        isPartial = !isUp
      }
    } catch {
      // The files are its maker's alone; the mount table is everybody's.
      let isMounted = MountTable.top(at: place.folder) != nil
      let seen = isMounted ? "mounted, by the mount table" : "not mounted"
      doubt = "\(seen); \(error)"
    }
    return Status(
      filesystem: filesystem, path: place.folder, isUp: isUp, isPartial: isPartial, doubt: doubt)
  }

  private func make(_ place: MountPlace, byteCount: Int) throws(LiveMountError) {
    try mounting { () throws(LiveError) in
      // A filesystem that is new takes little of its image; its user may fill it.
      guard try Filesystem.freeByteCount(root) >= byteCount else {
        throw LiveError(call: "statfs", errno: ENOSPC, path: root)
      }
      try place.begin()
    }
    try checkInterrupt()
    try place.makeImage(byteCount: byteCount)
    try checkInterrupt()
    try place.format()
    try checkInterrupt()
    try place.makeMountpoint()
    try checkInterrupt()
    try place.mount()
    try place.note("ready")
  }

  private func checkInterrupt() throws(LiveMountError) {
    if isInterrupted() { throw .interrupted }
  }
}

/// A path without links, absolute; nil when there is nothing.
func realPath(_ path: String) -> String? {
  // SAFETY: realpath returns nil or a string from malloc, which is copied and freed.
  guard let found = unsafe realpath(path, nil) else { return nil }
  defer { unsafe free(found) }
  return unsafe String(cString: found)
}
