/// What a device asks of the copies to and from it.
///
/// The kernel's names mislead: see each flag. Source: fsdax specification, section 10.
public struct CopyMode: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// A mode of given bits.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// NOCACHE: user bytes reach the device by a copy that writes them back.
  public static let nocache = CopyMode(rawValue: 1 << 0)
  /// NOMC: device bytes reach the user by a copy that survives poison.
  public static let nomc = CopyMode(rawValue: 1 << 1)
  /// WRITE_CACHE: write-backs asked of the device are carried out.
  public static let writeCache = CopyMode(rawValue: 1 << 2)
  /// SYNC: mappings may be synchronous.
  public static let synchronous = CopyMode(rawValue: 1 << 3)

  /// What a persistent-memory driver sets.
  public static let pmem: CopyMode = [.nocache, .nomc, .writeCache, .synchronous]
}

/// How an address is asked for.
enum AccessMode {
  /// Poison is an error.
  case normal
  /// Poison is to be overwritten.
  case recovery
}
