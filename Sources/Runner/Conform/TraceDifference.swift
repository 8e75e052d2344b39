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
    /// The other side's folder is there no more, or its filesystem has shut down.
    case gone

    /// The kind of an error that a filesystem in no state to be compared gives; nil for any other.
    init?(errno number: Int32) {
      switch number {
      case ENOSPC: self = .full
      case EDQUOT: self = .quota
      case EROFS: self = .readOnly
      default: return nil
      }
    }

    /// The kind of an error with which any step would be refused.
    ///
    /// Here alone an error means that the folder is gone: a step may give the same by a defect.
    init?(refusal number: Int32) {
      let isGone = [ENOENT, ESTALE, EIO, ENODEV].contains(number)
      let kind: Self? = isGone ? .gone : Self(errno: number)
      guard let kind else { return nil }
      self = kind
    }

    /// Whether the filesystem is to blame.
    public var isOfTarget: Bool { [.full, .quota, .readOnly, .gone].contains(self) }
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
