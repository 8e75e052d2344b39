import Glibc

/// Small text files of procfs and sysfs, without Foundation.
public enum TextFile {
  /// The whole content of a file, read until its end: procfs files have no length.
  ///
  /// - Throws: `ArenaError` from `open` or `read`.
  public static func read(_ path: String) throws(ArenaError) -> String {
    let file = try Descriptor(opening: path, flags: O_RDONLY)
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      // SAFETY: the pointer is valid for `count` bytes during the call.
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe Glibc.read(file.number, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw ArenaError("read", code: errno, "cannot read \(path)") }
      if count == 0 { return String(decoding: content, as: UTF8.self) }
      content += chunk[..<count]
    }
  }

  /// The decimal number a file consists of, white space around it ignored, or nil.
  public static func number(_ path: String) -> Int? {
    guard let text = try? read(path) else { return nil }
    return Int(text.filter { !$0.isWhitespace })
  }

  /// The word in brackets in a list of alternatives such as `always [madvise] never`, or nil.
  public static func choice(_ path: String) -> String? {
    guard let text = try? read(path), let open = text.firstIndex(of: "["),
      let close = text[open...].firstIndex(of: "]")
    else { return nil }
    return String(text[text.index(after: open)..<close])
  }
}
