import Glibc

/// The files of /proc and /sys as text; tests put literals in their place.
struct SystemFiles: Sendable {
  /// The whole text of a file, nil when it cannot be read.
  var text: @Sendable (_ path: String) -> String?
  /// The names in a directory, sorted, empty when it cannot be read.
  var names: @Sendable (_ directory: String) -> [String]

  /// The files of the running system.
  static let live = SystemFiles(text: readText, names: readNames)

  /// The first line of a file without surrounding blanks; nil when there is none.
  func line(_ path: String) -> String? {
    guard let text = text(path) else { return nil }
    let line = text.split(separator: "\n", maxSplits: 1).first.map { trimmed($0) }
    return line == "" ? nil : line
  }
}

/// Text without blanks at its ends.
func trimmed(_ text: some StringProtocol) -> String {
  let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
  let head = text.drop(while: isBlank)
  guard let last = head.lastIndex(where: { !isBlank($0) }) else { return "" }
  return String(head[...last])
}

/// Reads a file to its end; kernel files have no size to ask for first.
private func readText(_ path: String) -> String? {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  return readToEnd(descriptor).map { String(decoding: $0, as: UTF8.self) }
}

/// All bytes up to the end of a file or pipe, nil when reading fails.
func readToEnd(_ descriptor: Int32) -> [UInt8]? {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 4096)
  while true {
    // SAFETY: the array owns `count` writable bytes for the duration of the call.
    let count = unsafe chunk.withUnsafeMutableBytes { buffer in
      unsafe read(descriptor, buffer.baseAddress, buffer.count)
    }
    if count == 0 { return bytes }
    if count > 0 {
      bytes += chunk[..<count]
    } else if errno != EINTR {
      return nil
    }
  }
}

private func readNames(_ directory: String) -> [String] {
  guard let stream = unsafe opendir(directory) else { return [] }
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while let entry = unsafe readdir(stream) {
    // SAFETY: the entry is valid until the next readdir, and its name ends with a zero byte.
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
      unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}
