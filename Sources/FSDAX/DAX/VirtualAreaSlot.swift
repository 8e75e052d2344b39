/// What one page of a mapping, or 2 MiB of it, is mapped to; 0 for nothing.
struct AreaSlot: Hashable, BitwiseCopyable {
  private static let zeroKind: UInt64 = 1
  private static let frameKind: UInt64 = 2
  private static let anonymousKind: UInt64 = 3
  private static let kindMask: UInt64 = 3
  private static let writableBit: UInt64 = 1 << 2
  private static let tableBit: UInt64 = 1 << 3
  private static let valueShift: UInt64 = 4

  let bits: UInt64

  @inline(__always) init(bits: UInt64) { self.bits = bits }

  /// Not mapped.
  static let none = AreaSlot(bits: 0)
  /// The shared frame of zeros, read-only.
  static let zero = AreaSlot(bits: zeroKind)

  /// A frame of the device.
  @inline(__always) init(frame: Int, isWritable: Bool) {
    bits = Self.frameKind | (isWritable ? Self.writableBit : 0) | UInt64(frame) << Self.valueShift
  }

  /// The area's own page at an address, which is a multiple of 4096.
  init(anonymous address: UInt) {
    bits = Self.anonymousKind | Self.writableBit | UInt64(address)
  }

  /// In a directory: a table of 512 slots at an address, which is a multiple of 16.
  init(table address: UInt) { bits = Self.tableBit | UInt64(address) }

  @inline(__always) var isNone: Bool { bits == 0 }
  @inline(__always) var isZero: Bool { bits & Self.kindMask == Self.zeroKind && !isTable }
  @inline(__always) var isFrame: Bool { bits & Self.kindMask == Self.frameKind && !isTable }
  @inline(__always) var isAnonymous: Bool {
    bits & Self.kindMask == Self.anonymousKind && !isTable
  }
  @inline(__always) var isTable: Bool { bits & Self.tableBit != 0 }
  @inline(__always) var isWritable: Bool { bits & Self.writableBit != 0 }
  @inline(__always) var frame: Int { Int(bits >> Self.valueShift) }
  @inline(__always) var address: UInt { UInt(bits & ~0xf) }
  /// The same slot, stores refused.
  var readOnly: AreaSlot { AreaSlot(bits: bits & ~Self.writableBit) }
}

/// Keeps something else in step with a mapping, such as a range of the process's address space.
///
/// Called with the mapping's lock held, for pages counted from the mapping's first; a private
/// mapping's own copies are not told.
public protocol PageTableMirror: AnyObject, Sendable {
  /// Pages now show frames in a row.
  func map(page: Int, count: Int, frame: Int, isWritable: Bool)
  /// Pages now show zeros, read-only.
  func mapZero(page: Int, count: Int)
  /// Pages that show frames show them read-only.
  func protect(page: Int, count: Int)
  /// Pages show nothing.
  func unmap(page: Int, count: Int)
}
