internal import Glibc

/// Entries of folders, as the cache of builds needs them.
///
/// SAFETY, for every path below: Swift lends the string as a C string for the call only, and the
/// calls keep no pointer.
extension FileSystem {
  /// Whether the path is a file, not a folder or a device.
  static func isFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Whether we may execute a file.
  static func isExecutable(_ path: String) -> Bool {
    unsafe isFile(path) && access(path, X_OK) == 0
  }

  /// The absolute path with nothing symbolic in it; the path itself when there is no such thing.
  static func canonical(_ path: String) -> String {
    // SAFETY: realpath gives nil or a fresh C string, copied and freed here.
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// When an entry was last changed or touched, in nanoseconds; 0 when there is none.
  static func changed(_ path: String) -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return 0 }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }

  /// Marks an entry as used now.
  static func touch(_ path: String) { _ = unsafe utimes(path, nil) }

  /// Removes a file, if there is one.
  static func remove(_ path: String) { unsafe unlink(path) }

  /// Removes a folder, if it is empty.
  static func removeEmptyFolder(_ path: String) { unsafe rmdir(path) }

  /// Tries whether a folder can be made and written to, and leaves nothing of it behind.
  ///
  /// - Parameter path: The folder; it may exist.
  /// - Throws: `POSIXFailure` of the first call that failed.
  static func tryFolder(_ path: String) throws(POSIXFailure) {
    var missing: [String] = []
    var part = Substring(path)
    while !part.isEmpty, !exists(String(part)) {
      missing.append(String(part))
      part = part[..<(part.lastIndex(of: "/") ?? part.startIndex)]
    }
    defer { for folder in missing { removeEmptyFolder(folder) } }
    try makeFolder(path)
    defer { unstage("\(path)/try") }
    try stage("\(path)/try", [])
  }

  /// Removes a folder with all that is in it, if there is one; also while we are told to stop.
  static func removeTree(_ path: String) {
    _ = try? ChildCommand.run(
      ["rm", "-rf", "--", path], output: 2, errors: 2, isInterrupted: { false })
  }
}
