/// What a fault came to, in the kernel's terms.
public struct FaultOutcome: Hashable, Sendable {
  /// The flags of an outcome; none of them means that nothing had to be done.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Flags of given bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The page table has been filled.
    public static let noPage = Flags(rawValue: 1 << 0)
    /// Blocks were allocated.
    public static let major = Flags(rawValue: 1 << 1)
    /// The access cannot be carried out.
    public static let sigbus = Flags(rawValue: 1 << 2)
    /// The memory is poisoned.
    public static let hwPoison = Flags(rawValue: 1 << 3)
    /// No memory.
    public static let outOfMemory = Flags(rawValue: 1 << 4)
    /// To be tried again with small pages.
    public static let fallback = Flags(rawValue: 1 << 5)
    /// A private page was made.
    public static let doneCopy = Flags(rawValue: 1 << 6)
    /// All is done but the mapping: `finishSynchronousFault` comes next.
    public static let needsSync = Flags(rawValue: 1 << 7)

    /// Flags of a fault that mapped nothing.
    public static let errors: Flags = [.sigbus, .hwPoison, .outOfMemory, .fallback]
  }

  /// What happened.
  public var flags: Flags
  /// The frame of the device that was, or is to be, mapped; nil where none is.
  public var frame: Int?

  /// An outcome from its parts.
  public init(_ flags: Flags, frame: Int? = nil) {
    self.flags = flags
    self.frame = frame
  }

  /// What an error of a filesystem or device is to the one who faulted.
  init(_ errno: Errno) {
    switch errno {
    case .ENOMEM: self.init(.outOfMemory)
    case .EHWPOISON: self.init(.hwPoison)
    default: self.init(.sigbus)
    }
  }

  /// Whether the page table has, or is about to have, the page.
  @inline(__always) var isMapped: Bool { flags.contains(.noPage) }
  /// Whether nothing was mapped.
  @inline(__always) public var isError: Bool { !flags.isDisjoint(with: .errors) }
}

/// One fault on its way through.
struct FaultRequest {
  let inode: Inode
  let table: AreaTable
  /// The page of the mapping and of the file.
  let page: Int
  let index: UInt64
  let isWrite: Bool
  let isPrivate: Bool
  let isSynchronous: Bool
  let ledger: LedgerStripe

  /// What the filesystem is told.
  @inline(__always) var operation: OperationFlags {
    isWrite && !isPrivate ? [.dax, .fault, .write] : [.dax, .fault]
  }
}
