/// What a file's index range is cached as: one value of 64 bits, 0 for nothing.
///
/// A frame number above four bits, as in the kernel; the marks that its index tree keeps beside a
/// value stand in the value's top bits. Source: specification, section 4.1.
struct Entry: Hashable, BitwiseCopyable, Sendable {
  static let lockedBit: UInt64 = 1 << 0
  private static let hugeBit: UInt64 = 1 << 1
  private static let zeroBit: UInt64 = 1 << 2
  private static let emptyBit: UInt64 = 1 << 3
  static let dirtyBit: UInt64 = 1 << 61
  static let toWriteBit: UInt64 = 1 << 62
  private static let presentBit: UInt64 = 1 << 63
  private static let frameShift: UInt64 = 4
  private static let frameMask: UInt64 = (1 << 61) - 1

  /// Indices of a huge entry.
  static let hugeCount: UInt64 = 512

  var bits: UInt64

  /// An entry as it is stored.
  @inline(__always) init(bits: UInt64) { self.bits = bits }

  /// A placeholder, locked.
  @inline(__always) init(lockedEmpty isHuge: Bool) {
    bits = Self.presentBit | Self.emptyBit | Self.lockedBit | (isHuge ? Self.hugeBit : 0)
  }

  /// Zeros, locked.
  @inline(__always) init(lockedZero isHuge: Bool) {
    bits = Self.presentBit | Self.zeroBit | Self.lockedBit | (isHuge ? Self.hugeBit : 0)
  }

  /// A frame, or 512 from it on, locked.
  @inline(__always) init(lockedFrame frame: Int, isHuge: Bool) {
    bits =
      Self.presentBit | Self.lockedBit | (isHuge ? Self.hugeBit : 0)
      | UInt64(frame) << Self.frameShift
  }

  @inline(__always) var isLocked: Bool {
    get { bits & Self.lockedBit != 0 }
    set { bits = newValue ? bits | Self.lockedBit : bits & ~Self.lockedBit }
  }
  @inline(__always) var isHuge: Bool { bits & Self.hugeBit != 0 }
  @inline(__always) var isZero: Bool { bits & Self.zeroBit != 0 }
  @inline(__always) var isEmpty: Bool { bits & Self.emptyBit != 0 }
  @inline(__always) var isDirty: Bool {
    get { bits & Self.dirtyBit != 0 }
    set { bits = newValue ? bits | Self.dirtyBit : bits & ~Self.dirtyBit }
  }
  @inline(__always) var isToWrite: Bool {
    get { bits & Self.toWriteBit != 0 }
    set { bits = newValue ? bits | Self.toWriteBit : bits & ~Self.toWriteBit }
  }
  /// Whether stores to it may not have been written back.
  @inline(__always) var isMarked: Bool { bits & (Self.dirtyBit | Self.toWriteBit) != 0 }
  /// Whether it stands for frames of the device.
  @inline(__always) var hasFrames: Bool { bits & (Self.zeroBit | Self.emptyBit) == 0 }
  /// The first frame.
  @inline(__always) var frame: Int { Int((bits & Self.frameMask) >> Self.frameShift) }
  /// Indices covered, which is also how the file's page count counts it.
  @inline(__always) var pageCount: UInt64 { isHuge ? Self.hugeCount : 1 }
  /// Frames for association and flushing.
  @inline(__always) var frameCount: Int { hasFrames ? Int(pageCount) : 0 }

  /// The same entry with the marks of another one, which belong to the index.
  @inline(__always) func marked(as other: Entry) -> Entry {
    Entry(bits: bits | other.bits & (Self.dirtyBit | Self.toWriteBit))
  }

  /// One page of a huge entry, unlocked, with its marks.
  func page(_ offset: Int) -> Entry {
    Entry(bits: (bits & ~(Self.hugeBit | Self.lockedBit)) + UInt64(offset) << Self.frameShift)
  }
}

/// An entry and the first index it covers.
struct PlacedEntry: Hashable, BitwiseCopyable, Sendable {
  var base: UInt64
  var entry: Entry

  /// The indices covered.
  @inline(__always) var pages: Range<UInt64> { base..<base + entry.pageCount }

  /// Whether all of them are in a range.
  @inline(__always) func lies(in range: Range<UInt64>) -> Bool {
    base >= range.lowerBound && base + entry.pageCount <= range.upperBound
  }
}
