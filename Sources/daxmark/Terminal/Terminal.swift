internal import CHost
internal import Glibc

/// What standard output and standard error are connected to, and how to write there.
enum Terminal {
  /// Whether standard error is a terminal that can redraw a line.
  static var isInteractive: Bool { isatty(2) == 1 && environment("TERM") != "dumb" }

  /// Whether standard output takes colours; NO_COLOR is honoured.
  static var hasColor: Bool {
    isatty(1) == 1 && environment("NO_COLOR") == nil && environment("TERM") != "dumb"
  }

  /// Whether the locale's character set is UTF-8.
  static var hasUnicode: Bool {
    let locale =
      [environment("LC_ALL"), environment("LC_CTYPE"), environment("LANG")]
      .compactMap { $0 }.first { !$0.isEmpty } ?? "C.UTF-8"
    return locale.uppercased().contains("UTF")
  }

  /// Columns of the terminal; 100 when it is none.
  static var width: Int {
    if let columns = environment("COLUMNS").flatMap(Int.init), columns > 0 { return columns }
    let columns = Int(chost_terminal_columns())
    return columns > 0 ? columns : 100
  }

  /// Writes text to standard output, all of it.
  ///
  /// - Throws: `Failure` when it cannot be written, a full disk behind a redirection for instance.
  static func print(_ text: String) throws(Failure) { try write(text + "\n", to: 1) }

  /// Writes a line to standard error; a failure there has nowhere to be told.
  static func note(_ text: String) { try? write(text + "\n", to: 2) }

  static func write(_ text: String, to descriptor: Int32) throws(Failure) {
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      // SAFETY: the pointer covers the array's bytes from `done` to its end for this call only.
      let count = unsafe bytes.withUnsafeBytes {
        guard let base = $0.baseAddress else { return 0 }
        return unsafe Glibc.write(descriptor, base + done, bytes.count - done)
      }
      if count < 0 {
        if errno == EINTR { continue }
        // A reader that closed its end, such as `head`, has seen what it wanted. The verb goes on
        // to its own exit code: a verdict must not become a pass because nobody read all of it.
        if errno == EPIPE { return }
        throw Failure(.tool, "The output could not be written: \(errorText()).")
      }
      done += count
    }
  }

  /// The names of all environment variables.
  static var environmentNames: [String] {
    var names: [String] = []
    // SAFETY: environ is an array of C strings that ends with nil; nothing here changes it.
    var entry = unsafe environ
    while let text = unsafe entry.pointee {
      names.append(String(unsafe String(cString: text).prefix { $0 != "=" }))
      unsafe entry += 1
    }
    return names
  }

  static func environment(_ name: String) -> String? {
    // SAFETY: getenv returns nil or a C string; it is copied at once, and nothing here sets it.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}

/// The C library's words for an error number.
func errorText(_ number: Int32 = errno) -> String {
  // SAFETY: strerror returns a valid C string; it is copied at once.
  unsafe String(cString: strerror(number))
}
