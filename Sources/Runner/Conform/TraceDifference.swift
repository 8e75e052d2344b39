internal import Glibc

/// Where the two sides part, without a rule for it.
public struct TraceDifference: Hashable, Sendable, CustomStringConvertible {
  /// What differs.
  public enum Kind: String, Sendable {
    case result, bytes, size, sharing
    /// A scenario's expectation that both sides miss alike.
    case expectation
    /// The other side's filesystem takes no more bytes, which says nothing about the model.
    case full, quota
    case readOnly = "read-only"

    /// The kind of an error that a filesystem in no state to be compared gives; nil for any other.
    init?(errno number: Int32) {
      switch number {
      case ENOSPC: self = .full
      case EDQUOT: self = .quota
      case EROFS: self = .readOnly
      default: return nil
      }
    }

    /// Whether the filesystem is to blame.
    public var isOfTarget: Bool { [.full, .quota, .readOnly].contains(self) }
  }

  /// The index of the step after which they differ.
  public var index: Int
  /// What differs.
  public var kind: Kind
  /// How: model first, then the other side.
  public var text: String

  /// One line.
  public var description: String { "step \(index + 1), \(kind.rawValue): \(text)" }
}
