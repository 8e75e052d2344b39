/// What a step came to.
public enum TraceResult: Hashable, Sendable, CustomStringConvertible {
  /// Success, with the bytes moved or the number asked for; 0 where there is none.
  case count(Int)
  /// A dedupe of ranges that are not equal.
  case differs
  /// A Linux error number.
  case error(Int32)

  /// Reads the text of `description`; nil for anything else.
  public init?(_ text: some StringProtocol) {
    if text == "ok" {
      self = .count(0)
    } else if text == "differs" {
      self = .differs
    } else if let number = Self.names.first(where: { $0.value == text })?.key {
      self = .error(number)
    } else if text.hasPrefix("E"), let number = Int32(text.dropFirst()), number > 0,
      Self.names[number] == nil
    {
      self = .error(number)
    } else if let count = Int(text), count > 0, String(count) == text {
      self = .count(count)
    } else {
      return nil
    }
  }

  /// `ok`, a number, `differs`, or the name of an error.
  public var description: String {
    switch self {
    case .count(0): "ok"
    case .count(let count): String(count)
    case .differs: "differs"
    case .error(let number): Self.names[number] ?? "E\(number)"
    }
  }

  private static let names: [Int32: String] = [
    1: "EPERM", 2: "ENOENT", 4: "EINTR", 5: "EIO", 6: "ENXIO", 9: "EBADF", 11: "EAGAIN",
    12: "ENOMEM", 13: "EACCES", 14: "EFAULT", 16: "EBUSY", 17: "EEXIST", 18: "EXDEV", 20: "ENOTDIR",
    21: "EISDIR", 22: "EINVAL", 26: "ETXTBSY", 27: "EFBIG", 28: "ENOSPC", 29: "ESPIPE",
    30: "EROFS", 34: "ERANGE", 61: "ENODATA", 95: "EOPNOTSUPP", 117: "EUCLEAN", 122: "EDQUOT",
  ]
}
