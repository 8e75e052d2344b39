internal import Glibc

/// The few file operations daxmark needs, each all or nothing.
///
/// SAFETY, for every path below: Swift lends the string as a C string for the call only, and the
/// calls keep no pointer.
enum FileSystem {
  /// All bytes of a file.
  ///
  /// - Throws: `POSIXFailure` with the errno of the first call that failed.
  static func read(_ path: String) throws(POSIXFailure) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXFailure() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: the pointer covers the whole chunk for this call only.
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw POSIXFailure()
      }
      bytes += chunk[..<count]
    }
  }

  /// Replaces a file.
  ///
  /// It is written beside it, synced, and renamed over it: a crash or a full disk leaves the old
  /// file or the new one, never a part.
  static func replace(_ path: String, with bytes: [UInt8]) throws(POSIXFailure) {
    do throws(POSIXFailure) {
      try stage(path, bytes)
      try commit(path)
    } catch {
      unstage(path)
      throw error
    }
  }

  /// Puts bytes at a path that a person named: a file is replaced, anything else is written to.
  ///
  /// A link stays a link, and a device or a pipe stays what it is.
  static func put(_ bytes: [UInt8], at path: String) throws(POSIXFailure) {
    var status = stat()
    // SAFETY: one stat record, written during the call.
    let isOther = unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    if !isOther { return try replace(path, with: bytes) }
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw POSIXFailure() }
    defer { close(descriptor) }
    try append(bytes, to: descriptor)
  }

  /// Writes what shall become a file beside it, and syncs it.
  static func stage(_ path: String, _ bytes: [UInt8]) throws(POSIXFailure) {
    let descriptor = unsafe open(
      staged(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw POSIXFailure() }
    defer { close(descriptor) }
    try append(bytes, to: descriptor)
    if fsync(descriptor) != 0 { throw POSIXFailure() }
  }

  /// Puts what was staged in the file's place.
  static func commit(_ path: String) throws(POSIXFailure) {
    if unsafe rename(staged(path), path) != 0 { throw POSIXFailure() }
  }

  /// Removes what was staged, if anything.
  static func unstage(_ path: String) { unsafe unlink(staged(path)) }

  private static func staged(_ path: String) -> String { path + ".tmp" }

  /// Writes all bytes at the descriptor's place.
  static func append(_ bytes: [UInt8], to descriptor: Int32) throws(POSIXFailure) {
    var done = 0
    while done < bytes.count {
      // SAFETY: the pointer covers the array's bytes from `done` to its end for this call only.
      let count = unsafe bytes.withUnsafeBytes {
        guard let base = $0.baseAddress else { return 0 }
        return unsafe write(descriptor, base + done, bytes.count - done)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw POSIXFailure()
      }
      done += count
    }
  }

  /// Makes a folder and its parents; an existing folder is fine.
  static func makeFolder(_ path: String) throws(POSIXFailure) {
    if unsafe mkdir(path, 0o755) == 0 { return }
    if errno == EEXIST, isFolder(path) { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw POSIXFailure()
    }
    try makeFolder(String(path[..<slash]))
    if unsafe mkdir(path, 0o755) != 0, errno != EEXIST { throw POSIXFailure() }
  }

  /// Makes the entries of a folder durable.
  static func sync(folder path: String) throws(POSIXFailure) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXFailure() }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 { throw POSIXFailure() }
  }

  /// Whether something of that name exists.
  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Whether the path is a folder.
  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    // SAFETY: one stat record, written during the call.
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The names in a folder, sorted; empty when it cannot be read.
  static func names(in path: String) -> [String] {
    // SAFETY: the stream is closed below; entries are copied before the next one is read.
    guard let stream = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}

/// A system call that failed.
struct POSIXFailure: Error {
  let number: Int32
  let text: String

  init(_ number: Int32 = errno) {
    self.number = number
    text = errorText(number)
  }
}
