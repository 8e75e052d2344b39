internal import Glibc

/// A file call that the kernel refused: which, on what, and the errno it left.
public struct LiveError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call, such as `pwrite` or `FICLONE`.
  public let call: String
  /// The errno value it left.
  public let errno: Int32
  /// The file or folder it was for.
  public let path: String

  /// Names a call that failed.
  public init(call: String, errno: Int32, path: String) {
    self.call = call
    self.errno = errno
    self.path = path
  }

  /// One sentence.
  public var description: String { "\(call) of '\(path)' failed: \(Self.text(errno))." }

  /// The C library's words for an errno value.
  static func text(_ number: Int32) -> String {
    // SAFETY: strerror returns a string valid until this thread's next call; it is copied at once.
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
  }

  /// The result of a call, which gives `-errno` when it failed.
  @inline(__always)
  static func check(
    _ result: Int64, _ call: StaticString, _ path: @autoclosure () -> String
  ) throws(LiveError) -> Int {
    if result < 0 {
      throw LiveError(call: "\(call)", errno: Int32(-result), path: path())
    }
    return Int(result)
  }
}
