import Glibc

/// Memory that is executable, so that a test can say exactly which instructions a routine has.
struct CodePage: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private static let byteCount = 8192

  /// Places `bytes`, either at the page's start or so that the last byte ends the mapping.
  init(_ bytes: [UInt8], atEnd: Bool = false) {
    let protection = PROT_READ | PROT_WRITE | PROT_EXEC
    guard
      let base = mmap(nil, Self.byteCount, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      base != MAP_FAILED
    else { preconditionFailure("no executable memory: errno \(errno)") }
    precondition(munmap(base + 4096, 4096) == 0)  // a hole behind the code
    self.base = base
    offset = atEnd ? 4096 - bytes.count : 0
    (base + offset).copyMemory(from: bytes, byteCount: bytes.count)
  }

  deinit { munmap(base, 4096) }

  private let offset: Int

  /// The code as a function of one pointer.
  var function: @convention(c) (UnsafeMutableRawPointer?) -> Void {
    unsafeBitCast(base + offset, to: (@convention(c) (UnsafeMutableRawPointer?) -> Void).self)
  }

  /// The code as a copy routine.
  var copy: @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Void {
    unsafeBitCast(
      base + offset,
      to: (@convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer, Int) -> Void).self)
  }

  /// The code as an edge copy.
  var edgeCopy:
    @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer?, UnsafeRawPointer, Int, Int, Int)
      -> Void
  {
    unsafeBitCast(
      base + offset,
      to: (@convention(c) (
        UnsafeMutableRawPointer, UnsafeRawPointer?, UnsafeRawPointer, Int, Int, Int
      ) -> Void).self)
  }
}

/// Anonymous memory of the test, shared with traced children or private.
struct TraceMemory: ~Copyable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int, shared: Bool, filledWith byte: UInt8) {
    let kind = shared ? MAP_SHARED : MAP_PRIVATE
    guard
      let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0),
      base != MAP_FAILED
    else { preconditionFailure("no memory: errno \(errno)") }
    self.base = base
    self.byteCount = byteCount
    memset(base, Int32(byte), byteCount)
  }

  deinit { munmap(base, byteCount) }

  func holdsOnly(_ byte: UInt8) -> Bool {
    UnsafeRawBufferPointer(start: base, count: byteCount).allSatisfy { $0 == byte }
  }
}

/// Whether this CPU lists a flag.
func tracedCPUHas(_ flag: String) -> Bool {
  guard let file = fopen("/proc/cpuinfo", "r") else { return false }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 16384)
  while fgets(&line, Int32(line.count), file) != nil {
    let text = String(
      decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if text.hasPrefix("flags") {
      return text.split { $0 == " " || $0 == "\n" || $0 == "\t" }.contains { $0 == flag }
    }
  }
  return false
}
