/// A way in which the kernel's page cache, or its filesystem, differs from the model by nature.
///
/// Whatever differs without one of these is a defect of one side.
public enum DifferenceRule: String, CaseIterable, Sendable {
  /// The kernel shares zeros with a hole where the model refuses.
  case dedupeHoleAgainstZeros = "dedupe-hole-zeros"
  /// The kernel says more bytes were deduped than the model.
  case dedupeReportsRequest = "dedupe-reports-request"
  /// Blocks that were behind the end of a file are reserved, and a hole in the model.
  case reservedBehindEnd = "reserved-behind-end"
  /// Zeros are data on one side, and no data on the other.
  case zerosAsData = "zeros-as-data"
  /// Small files have their bytes among the metadata.
  case inlineData = "inline-data"
  /// Data are compressed.
  case encodedData = "encoded-data"
  /// A store copies more blocks than the one it hits.
  case folioCopied = "folio-copied"
  /// The zeroed edge of a range makes a block of a hole.
  case zeroEdge = "zero-edge"
  /// Reserving or punching behind the end copies the block in which the file ends.
  case endCopied = "end-copied"
  /// A truncated block stays shared.
  case truncatedKeepsShared = "truncated-keeps-shared"

  /// Why it is no defect.
  public var reason: String {
    switch self {
    case .dedupeHoleAgainstZeros:
      "DAX compares extents, and a hole is not equal to blocks of zeros; the page cache compares "
        + "bytes (specification 5.4)"
    case .dedupeReportsRequest:
      "the kernel reports the bytes asked for even where it shortened the range (hazard H13)"
    case .reservedBehindEnd:
      "the kernel reserves blocks ahead of writes, or as it was told to, behind the end, and they "
        + "show when the file grows; Btrfs clones reservations. The model has holes there"
    case .zerosAsData:
      "a store makes its whole folio dirty, holes in it too; DAX has entries of one page or 2 MiB"
    case .inlineData: "the data have no block that could be shared"
    case .encodedData:
      "FIEMAP tells one place of all blocks that are compressed together, so which of them are "
        + "shared is not compared"
    case .folioCopied:
      "a store makes its whole folio dirty, and all of it is copied; DAX copies the page"
    case .zeroEdge:
      "Btrfs writes the block in which a zeroed range ends, also where it had no data; the old end "
        + "of a file that grows, or is reserved behind it, is the beginning of one"
    case .endCopied:
      "Btrfs zeroes the rest of the last block before it reserves or punches behind it"
    case .truncatedKeepsShared:
      "Btrfs zeroes what lies behind the end when the file grows again, not when it shrinks"
    }
  }
}

/// How often each rule was used.
public struct RuleUse: Sendable, Equatable {
  /// The counts.
  public private(set) var counts: [DifferenceRule: Int] = [:]

  /// None used.
  public init() {}

  /// Counts a use.
  public mutating func use(_ rule: DifferenceRule) { counts[rule, default: 0] += 1 }

  /// Adds the counts of another run.
  public mutating func add(_ other: RuleUse) {
    counts.merge(other.counts) { $0 + $1 }
  }

  /// A line for each rule that was used, in the order of their declaration.
  public var lines: [String] {
    DifferenceRule.allCases.compactMap { rule in
      counts[rule].map { "\(rule.rawValue): \($0) times; \(rule.reason)" }
    }
  }
}
