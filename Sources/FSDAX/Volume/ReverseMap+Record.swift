extension ReverseMap {
  /// A run of one owner within one window, in 16 bytes: the key first, the count last.
  ///
  /// High word: window 23 bits, inode 32, the upper 9 bits of the distance. Low word: the other 43
  /// bits of the distance, the first block in the window 9 bits, count less one 9 bits; three
  /// bits are spare. The distance is that of the file block from the device block's place in the
  /// window, modulo 2^52: all that belongs to one extent has the same.
  struct OwnerRecord: BitwiseCopyable, Hashable, Sendable {
    private var high: UInt64
    private var low: UInt64

    /// Device blocks of a window.
    static var windowCount: UInt32 { 512 }
    /// File blocks have 52 bits.
    private static var blockMask: UInt64 { 1 << 52 - 1 }
    private static var lowMask: UInt64 { 1 << 43 - 1 }

    /// A record of a run within one window.
    @inline(__always)
    init(device: UInt32, count: UInt32, inode: UInt32, first: UInt64) {
      let start = UInt64(device & 511)
      precondition(count &- 1 < 512 && start &+ UInt64(count) <= 512, "a run within a window")
      precondition(first <= Self.blockMask, "a file block has 52 bits")
      let distance = (first &- start) & Self.blockMask
      high = UInt64(device &>> 9) &<< 41 | UInt64(inode) &<< 9 | distance &>> 43
      low = (distance & Self.lowMask) &<< 18 | start &<< 9 | UInt64(count &- 1)
    }

    /// The end of the piece of a range that starts at a block and stays in its window.
    @inline(__always)
    static func pieceEnd(from block: UInt32, in device: Range<UInt32>) -> UInt32 {
      let last = min(block | 511, device.upperBound &- 1)
      return last &+ 1
    }

    /// The file.
    @inline(__always) var inode: UInt32 { UInt32(truncatingIfNeeded: high &>> 9) }
    /// The first block within the window.
    @inline(__always) var start: UInt32 { UInt32(truncatingIfNeeded: low &>> 9) & 511 }
    /// Blocks.
    @inline(__always) var count: UInt32 { UInt32(truncatingIfNeeded: low) & 511 &+ 1 }
    /// The block behind the last within the window.
    @inline(__always) var end: UInt32 { start &+ count }
    /// The first device block.
    @inline(__always)
    var device: UInt32 { window &<< 9 | start }
    /// The window.
    @inline(__always) var window: UInt32 { UInt32(truncatingIfNeeded: high &>> 41) }

    /// The file block of the first block.
    @inline(__always)
    var first: UInt64 {
      let distance = (high & 511) &<< 43 | low &>> 18
      return (distance &+ UInt64(start)) & Self.blockMask
    }

    /// What the record says.
    var run: OwnerRun {
      OwnerRun(device: device..<device &+ count, inode: inode, first: first)
    }

    /// Whether two records are of one window, owner and distance.
    @inline(__always)
    private func isInLine(with other: OwnerRecord) -> Bool {
      high == other.high && (low ^ other.low) &>> 18 == 0
    }

    /// Whether another record goes on where this one ends.
    @inline(__always)
    func isContinued(by next: OwnerRecord) -> Bool { isInLine(with: next) && end == next.start }

    /// Whether this record holds all of another.
    @inline(__always)
    func covers(_ part: OwnerRecord) -> Bool {
      isInLine(with: part) && start <= part.start && part.end <= end
    }

    /// Whether this record and one that does not start before it have blocks in common.
    @inline(__always)
    func overlaps(_ next: OwnerRecord) -> Bool { isInLine(with: next) && next.start < end }

    /// This record and the one that continues it.
    @inline(__always)
    func joined(with next: OwnerRecord) -> OwnerRecord {
      var whole = self
      whole.low = low &+ UInt64(next.count)
      return whole
    }

    /// The part between two blocks of the window.
    @inline(__always)
    func part(from start: UInt32, to end: UInt32) -> OwnerRecord {
      var part = self
      part.low = (low & ~(1 << 18 - 1)) | UInt64(start) &<< 9 | UInt64(end &- start &- 1)
      return part
    }

    /// What a search for the first record of a window compares with.
    @inline(__always)
    static func probe(window: UInt32) -> OwnerRecord {
      var probe = OwnerRecord(device: 0, count: 1, inode: 0, first: 0)
      probe.high = UInt64(window) &<< 41
      return probe
    }
  }
}

extension ReverseMap.OwnerRecord: TreeRecord {
  @inline(__always)
  static func precedes(_ left: Self, _ right: Self) -> Bool {
    // One subtraction of 128 bits; with the count of the left at its most, equal keys are not less.
    UInt128(_low: left.low | 511, _high: left.high) < UInt128(_low: right.low, _high: right.high)
  }
}
