/// The known and suspected defects of the kernel's path, each a switch.
///
/// Source: fsdax specification of this project, section 0.3.
public struct Hazards: OptionSet, Hashable, Sendable {
  /// The bits; bit n stands for hazard H(n+1).
  public let rawValue: UInt16

  /// Hazards of given bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The hazard of a number in the register, 1 to 14.
  public init(number: Int) { rawValue = 1 << UInt16(number - 1) }

  /// H1: a short user copy leaves the rest of the block stale, and the block is published.
  public static let staleAfterShortCopy = Hazards(number: 1)
  /// H2: an error of `end` is lost when the body made progress.
  public static let lostEndError = Hazards(number: 2)
  /// H3: copied edges and unshared blocks are not written back.
  public static let unflushedEdges = Hazards(number: 3)
  /// H4: a fault stores the new frame before copying into it, and keeps it when the copy fails.
  public static let entryBeforeCopy = Hazards(number: 4)
  /// H5: a synchronous fault on a shared extent returns before its remapping is durable.
  public static let asynchronousCopyFault = Hazards(number: 5)
  /// H6: an access error in a dedupe's compare is reported as "same".
  public static let compareErrorIsSame = Hazards(number: 6)
  /// H7: a compare reads unwritten extents as raw media.
  public static let compareUnwrittenMedia = Hazards(number: 7)
  /// H8: bytes about to be overwritten are copied first.
  public static let copyBeforeOverwrite = Hazards(number: 8)
  /// H9: breaking layouts drops dirty entries without writing them back.
  public static let dirtyDroppedByLayoutBreak = Hazards(number: 9)
  /// H10: unshare keeps dirty entries that point to the old frames.
  public static let unshareKeepsDirtyEntries = Hazards(number: 10)
  /// H11: memory failure marks the head of a huge page instead of the failing page.
  public static let headPagePoisoned = Hazards(number: 11)
  /// H12: a failure's range is clamped against the wrong end.
  public static let failureRangeClamp = Hazards(number: 12)
  /// H13: a dedupe reports the requested length, not the remapped one.
  public static let dedupeReportsRequest = Hazards(number: 13)
  /// H14: a fault succeeds although `end` failed.
  public static let faultIgnoresEndError = Hazards(number: 14)

  /// All of them.
  public static let all = Hazards(rawValue: (1 << 14) - 1)
}

/// Which defects a volume reproduces.
public struct Profile: Hashable, Sendable {
  /// The defects kept.
  public var hazards: Hazards

  /// A profile that keeps given hazards.
  public init(hazards: Hazards) { self.hazards = hazards }

  /// None: what the path should do.
  public static let strict = Profile(hazards: [])
  /// All: today's observable behaviour.
  public static let upstream = Profile(hazards: .all)

  /// Whether a hazard is kept.
  @inline(__always) func has(_ hazard: Hazards) -> Bool { hazards.contains(hazard) }
}
