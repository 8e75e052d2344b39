import Glibc

/// What this executable was made with and runs on.
enum BuildFacts {
  /// `debug` or `release`.
  static var configuration: String {
    #if DEBUG
    "debug"
    #else
    "release"
    #endif
  }

  /// The Swift language version and, with its commit, the compiler back end this file was made by.
  ///
  /// The language version is known to the minor; the commit in the ELF comment pins the toolchain.
  static var compiler: String {
    let lines = executableComment() ?? []
    let backEnds = Set(lines.filter { $0.hasPrefix("clang") }).sorted()
    return "\(language), \(backEnds.isEmpty ? unknown : backEnds.joined(separator: ", "))"
  }

  private static var language: String {
    #if compiler(>=6.5)
    "swift 6.5 or newer"
    #elseif compiler(>=6.4)
    "swift 6.4"
    #elseif compiler(>=6.3)
    "swift 6.3"
    #else
    "swift 6.2"
    #endif
  }

  private static func executableComment() -> [String]? {
    let descriptor = unsafe open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return ELFComment.lines { offset, byteCount in
      var bytes = [UInt8](repeating: 0, count: byteCount)
      // SAFETY: the array owns `byteCount` writable bytes for the duration of the call.
      let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe pread(descriptor, buffer.baseAddress, buffer.count, offset)
      }
      return count == byteCount ? bytes : nil
    }
  }

  /// The C library's name and version: `glibc 2.36`.
  static var libc: String? {
    var text = [CChar](repeating: 0, count: 64)
    // SAFETY: the array owns `count` writable bytes; confstr ends what it writes with a zero.
    let byteCount = unsafe text.withUnsafeMutableBufferPointer { buffer in
      unsafe confstr(Int32(_CS_GNU_LIBC_VERSION), buffer.baseAddress, buffer.count)
    }
    guard byteCount > 1, byteCount <= text.count else { return nil }
    return String(decoding: text[..<(byteCount - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The version of libpmem's interface, as the loaded library answers for itself.
  ///
  /// Looked up by name: whether the library is linked at all is HotCore's decision, not Runner's.
  static var libpmem: String? {
    typealias Check = @convention(c) (UInt32, UInt32) -> UnsafePointer<CChar>?
    guard let program = unsafe dlopen(nil, RTLD_LAZY) else { return nil }
    defer { unsafe dlclose(program) }
    guard let symbol = unsafe dlsym(program, "pmem_check_version") else { return nil }
    // SAFETY: libpmem(7) declares pmem_check_version with this shape; nil means "good enough".
    let check = unsafe unsafeBitCast(symbol, to: Check.self)
    return newestAccepted { major, minor in unsafe check(major, minor) == nil }
  }

  /// The newest `major.minor` that a library accepts as a requirement.
  static func newestAccepted(_ accepts: (UInt32, UInt32) -> Bool) -> String? {
    guard let major = (UInt32(0)...9).last(where: { accepts($0, 0) }) else { return nil }
    let minor = (UInt32(0)...99).last { accepts(major, $0) } ?? 0
    return "\(major).\(minor)"
  }
}
