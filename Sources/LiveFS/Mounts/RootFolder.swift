internal import Glibc
internal import HotCore

/// The folder of images and mounts, and whether `live-fs` made it: one that it did not make stays.
///
/// It is made with a mode that no other folder has by chance, and gets its usual one when a file
/// in it says who made it. So it is known at every moment in which its maker can be killed.
///
/// SAFETY, for every path below: Swift lends the string as a C string for the call only.
enum RootFolder {
  /// The file that says so.
  static let mark = "made-by-live-fs"
  private static let unmarkedMode: mode_t = 0o1700
  private static let text = "daxmark live-fs 1\n"

  /// Makes the folder unless there is one.
  static func make(_ path: String) throws(LiveError) {
    if unsafe mkdir(path, unmarkedMode) != 0, errno != EEXIST {
      throw LiveError(call: "mkdir", errno: errno, path: path)
    }
  }

  /// Marks a folder that was just made, or whose maker was killed before it could; the caller has
  /// the lock.
  static func finish(_ path: String) throws(LiveError) {
    guard isUnmarked(path) else { return }
    let file = try LiveFile("\(path)/\(mark)", [.write, .create, .truncate])
    let bytes = LiveBytes(text: text)
    // SAFETY: the bytes live through the call.
    try unsafe file.writeAll(bytes.all, at: 0)
    try file.sync()
    if unsafe chmod(path, 0o755) != 0 { throw LiveError(call: "chmod", errno: errno, path: path) }
  }

  /// Removes the folder when `live-fs` made it and nothing else is in it.
  static func remove(_ path: String) {
    let file = "\(path)/\(mark)"
    let names = folderEntries(path)
    if names == [mark], (try? TextFile.read(file)) == text {
      // A kill between the two steps leaves a folder that is known by its mode.
      guard unsafe chmod(path, unmarkedMode) == 0, unsafe unlink(file) == 0 else { return }
    } else if !names.isEmpty || !isUnmarked(path) {
      return
    }
    _ = unsafe rmdir(path)
  }

  private static func isUnmarked(_ path: String) -> Bool {
    var status = stat()
    // SAFETY: the out-parameter lives through the call.
    guard unsafe lstat(path, &status) == 0 else { return false }
    // A folder takes its parent's group bit.
    return status.st_mode & ~S_ISGID == S_IFDIR | unmarkedMode && status.st_uid == geteuid()
  }
}
