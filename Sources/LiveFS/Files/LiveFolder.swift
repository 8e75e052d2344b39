internal import CHost
internal import Glibc
internal import HotCore

/// A folder of one's own in a directory, removed with its files when its owner goes.
///
/// Files keep their names while they are used, because filesystems treat one without a name
/// differently: btrfs does not log it, so that a sync costs nothing. The folder carries a lock; one
/// whose process was killed has none any more, and the next that is made beside it removes it.
///
/// A name alone would take a user's own folder for one of these. So it is made with a mode that no
/// other has by chance, and the first file made in it, and the last removed, says whose it is.
public struct LiveFolder: ~Copyable {
  /// Its path.
  public let path: String
  private let lock: LiveFile

  /// The beginning of every name.
  static let prefix = ".daxmark-"
  /// The file that says so.
  static let mark = "made-by-daxmark"
  static let folderMode: mode_t = 0o1700

  /// Makes `.daxmark-<process>` in a directory, or the same with a number when that is taken.
  ///
  /// - Parameters:
  ///   - parent: the directory.
  ///   - sweeps: whether what killed processes left there is removed first.
  /// - Throws: `LiveError` from `mkdir` or `open`.
  public init(in parent: String, sweeps: Bool = true) throws(LiveError) {
    if sweeps { Self.sweep(parent) }
    var attempt = 0
    while true {
      let name = "\(Self.prefix)\(getpid())" + (attempt == 0 ? "" : "-\(attempt)")
      attempt += 1
      let path = "\(parent)/\(name)"
      // SAFETY: Swift lends the strings as C strings for the calls only.
      if unsafe mkdir(path, Self.folderMode) != 0 {
        let code = errno
        if code == EEXIST && attempt < 1000 { continue }
        throw LiveError(call: "mkdir", errno: code, path: path)
      }
      // A sweep may take a folder that is not locked yet.
      guard let lock = try? LiveFile(path, .folder), (try? lock.lock()) == true,
        let status = try? lock.status(), Self.isThere(path, status)
      else {
        _ = unsafe rmdir(path)
        if attempt < 1000 { continue }
        throw LiveError(call: "flock", errno: EAGAIN, path: path)
      }
      do throws(LiveError) {
        _ = try LiveFile("\(path)/\(Self.mark)", [.write, .exclusive])
      } catch {
        _ = unsafe rmdir(path)
        throw error
      }
      self.path = path
      self.lock = lock
      return
    }
  }

  deinit { Self.remove(path) }

  /// Removes what killed processes left in a directory.
  ///
  /// - Parameter parent: the directory.
  public static func sweep(_ parent: String) {
    for name in folderEntries(parent) where name.hasPrefix(prefix) {
      let rest = name.dropFirst(prefix.count)
      guard !rest.isEmpty, rest.allSatisfy({ $0.isNumber || $0 == "-" }) else { continue }
      let path = "\(parent)/\(name)"
      // A link to a folder, or somebody else's, may have such a name in a directory open to all.
      guard isOwn(path), let lock = try? LiveFile(path, .folder), (try? lock.lock()) == true,
        let status = try? lock.status(), isThere(path, status)
      else { continue }
      // Killed before it was marked, or after, it is empty.
      if folderEntries(path).contains(mark) { remove(path) } else { _ = unsafe rmdir(path) }
    }
  }

  /// Whether the path itself is a folder of this user's, with the mode, so that nobody else may
  /// change it.
  private static func isOwn(_ path: String) -> Bool {
    var status = stat()
    // SAFETY: the string is lent for the call; the out-parameter lives through it.
    guard unsafe lstat(path, &status) == 0 else { return false }
    // A folder takes its parent's group bit.
    return status.st_mode & ~S_ISGID == S_IFDIR | folderMode && status.st_uid == geteuid()
  }

  /// Removes a folder with the files and empty folders in it; the mark stays with what cannot go.
  private static func remove(_ path: String) {
    // SAFETY: as in `init`.
    for name in folderEntries(path) where name != mark {
      if unsafe unlink("\(path)/\(name)") != 0 { _ = unsafe rmdir("\(path)/\(name)") }
    }
    if folderEntries(path) == [mark] { _ = unsafe unlink("\(path)/\(mark)") }
    _ = unsafe rmdir(path)
  }

  private static func isThere(_ path: String, _ opened: chost_live_status) -> Bool {
    var named = chost_live_status()
    // SAFETY: the string is lent for the call; the out-parameter lives through it.
    return unsafe chost_live_stat_path(path, &named) == 0
      && named.inode == opened.inode && named.device == opened.device
  }
}

/// The names in a folder but `.` and `..`; empty when it cannot be read.
func folderEntries(_ path: String) -> [String] {
  // SAFETY: the stream is closed below; names are copied before the next entry is read.
  guard let stream = unsafe opendir(path) else { return [] }
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while let entry = unsafe readdir(stream) {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
      unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}
