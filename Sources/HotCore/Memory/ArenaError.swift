import Glibc

/// A memory service that the kernel or a library refused.
public struct ArenaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call that failed, such as `mmap`.
  public let operation: String
  /// The errno value it left.
  public let code: CInt
  /// One sentence: what could not be done, why, and where it helps, what to do.
  public let description: String

  /// An error in the form "`what`: `why` (`operation`)"; `why` is the system's text unless given.
  public init(_ operation: String, code: CInt, _ what: String, why: String? = nil) {
    self.operation = operation
    self.code = code
    description = "\(what): \(why ?? systemText(code)) (\(operation))"
  }
}

/// The C library's words for an errno value.
private func systemText(_ code: CInt) -> String {
  // SAFETY: strerror returns a string valid until this thread's next call; it is copied at once.
  guard let text = unsafe strerror(code) else { return "error \(code)" }
  return unsafe String(cString: text)
}
