/// What a range of a file is mapped to.
public enum MappingType: UInt8, CaseIterable, Sendable {
  /// No blocks; reads zero.
  case hole = 0
  /// Space reserved, no address yet.
  case delayedAllocation = 1
  /// Address and data valid.
  case mapped = 2
  /// Address valid, data never written; reads zero.
  case unwritten = 3
  /// Data inside the inode.
  case inline = 4
}

/// Properties a filesystem or the core gives a mapping; bit positions as in iomap.
public struct MappingFlags: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt32

  /// Flags of given bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Freshly allocated by this call; contents valid only where written.
  public static let new = MappingFlags(rawValue: 1 << 0)
  /// The inode's metadata must be flushed for the mapping to be durable.
  public static let dirty = MappingFlags(rawValue: 1 << 1)
  /// The extent is shared, or the target of a copy-on-write.
  public static let shared = MappingFlags(rawValue: 1 << 2)
  /// Not the file's any more, as the core found out: to be looked up again.
  public static let stale = MappingFlags(rawValue: 1 << 15)
}

/// One extent of a file as the iomap protocol passes it: file bytes to device bytes.
///
/// Source: fsdax specification of this project, section 1.
public struct Mapping: Hashable, Sendable {
  /// The address of a mapping that has none.
  public static let noAddress = UInt64.max

  /// What the range is mapped to.
  public var type: MappingType
  /// Its properties.
  public var flags: MappingFlags
  /// First byte in the file.
  public var offset: UInt64
  /// Bytes.
  public var byteCount: UInt64
  /// First byte on the device, or `noAddress`.
  public var address: UInt64

  /// A mapping from its parts.
  @inline(__always)
  public init(
    type: MappingType, flags: MappingFlags = [], offset: UInt64, byteCount: UInt64,
    address: UInt64 = Mapping.noAddress
  ) {
    self.type = type
    self.flags = flags
    self.offset = offset
    self.byteCount = byteCount
    self.address = address
  }

  /// First file byte behind the mapping.
  public var end: UInt64 {
    @inline(__always) get { offset + byteCount }
  }

  /// The device byte of a file position inside the mapping.
  @inline(__always)
  public func deviceByte(at position: UInt64) -> UInt64 { address + position - offset }

  /// The 512-byte sector of a file position inside the mapping.
  @inline(__always)
  public func sector(at position: UInt64) -> UInt64 { deviceByte(at: position) >> 9 }

  /// The device page of the page that holds a file position inside the mapping.
  @inline(__always)
  public func pageOffset(at position: UInt64) -> UInt64 {
    (address + (position & ~0xfff) - offset) >> 12
  }
}

/// The two mappings one step of an iteration works with.
///
/// What reads them is inlined: a copy of the pair loads in other widths than its fields were
/// stored, which waits for the stores to leave the processor, behind all the data just streamed.
public struct MappingPair: Hashable, Sendable {
  /// Where bytes go.
  public var target: Mapping
  /// Where old bytes come from; a hole means that the target is its own source.
  public var sourceMap: Mapping

  /// A pair; without a source map the target is its own source.
  @inline(__always)
  public init(
    target: Mapping,
    sourceMap: Mapping = Mapping(type: .hole, offset: 0, byteCount: 0, address: 0)
  ) {
    self.target = target
    self.sourceMap = sourceMap
  }

  /// The source of old bytes: the source map unless it is a hole.
  public var source: Mapping {
    @inline(__always) get { sourceMap.type == .hole ? target : sourceMap }
  }

  /// How many of `remaining` bytes at `position` this step may work on.
  @inline(__always)
  public func usableByteCount(at position: UInt64, remaining: UInt64) -> UInt64 {
    var usable = min(remaining, target.end - position)
    if sourceMap.type != .hole { usable = min(usable, sourceMap.end - position) }
    return usable
  }

  /// Whether the edges around a copy-on-write are zeros: the old range is a hole or unwritten.
  ///
  /// The intent stated directly. The kernel recognises the hole by the shared flag that the target
  /// brings along when it stands in as source.
  public var hasZeroEdges: Bool {
    @inline(__always) get { sourceMap.type == .hole || sourceMap.type == .unwritten }
  }

  /// Whether an unshare has something to copy: a shared target whose old bytes are data.
  public var wantsUnshare: Bool {
    @inline(__always) get { target.flags.contains(.shared) && sourceMap.type == .mapped }
  }
}

/// The file position up to which blocks stay when a short write is unwound; blocks have a power
/// of two of bytes.
public func lastWrittenBlock(
  position: UInt64, writtenByteCount: UInt64, blockByteCount: UInt64
) -> UInt64 {
  let mask = blockByteCount - 1
  if writtenByteCount == 0 { return position & ~mask }
  return (position + writtenByteCount + mask) & ~mask
}
