/// A range of a device that failed, as its driver reports it.
///
/// Source: specification, section 8.1.
public struct FailureNotice: Hashable, Sendable {
  /// How it came to be.
  public struct Flags: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Flags of given bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// A thread has touched the memory, and must be dealt with now.
    public static let actionRequired = Flags(rawValue: 1 << 0)
    /// The device is about to be removed; nothing of it is broken.
    public static let removal = Flags(rawValue: 1 << 1)
  }

  /// First byte on the device.
  public var first: UInt64
  /// Bytes; `UInt64.max` from byte 0 stands for the whole device.
  public var byteCount: UInt64
  /// How it came to be.
  public var flags: Flags

  /// A notice of a range.
  public init(first: UInt64, byteCount: UInt64, _ flags: Flags = []) {
    self.first = first
    self.byteCount = byteCount
    self.flags = flags
  }

  /// The whole device is about to go.
  public static let removal = FailureNotice(first: 0, byteCount: .max, .removal)

  /// Whether it is about the whole device.
  public var isWholeDevice: Bool { first == 0 && byteCount == .max }

  /// First byte behind the range, or the largest number.
  var end: UInt64 {
    let (end, overflows) = first.addingReportingOverflow(byteCount)
    return overflows ? .max : end
  }

  /// The device byte of a page of memory.
  ///
  /// - Parameters:
  ///   - frame: The number of the physical page.
  ///   - base: The physical address where the device begins.
  ///   - dataOffset: Bytes at its start that the driver keeps for itself.
  /// - Returns: The byte.
  /// - Throws: ENXIO for a page before the data.
  static func deviceByte(
    frame: UInt64, base: UInt64, dataOffset: UInt64
  ) throws(Errno) -> UInt64 {
    let (address, overflows) = frame.multipliedReportingOverflow(by: 4096)
    let (start, wraps) = base.addingReportingOverflow(dataOffset)
    guard !overflows, !wraps, address >= start else { throw .ENXIO }
    return address - start
  }

  /// The bytes of a partition that the notice is about.
  ///
  /// - Parameters:
  ///   - partition: Device bytes of the partition.
  ///   - profile: With H12 the end is clamped as if the rebased range were an absolute one.
  /// - Returns: Bytes counted from the partition's start.
  /// - Throws: ENXIO for a range wholly outside.
  func range(in partition: Range<UInt64>, _ profile: Profile) throws(Errno) -> Range<UInt64> {
    let length = partition.upperBound - partition.lowerBound
    if isWholeDevice { return 0..<length }
    guard byteCount > 0, first < partition.upperBound, end > partition.lowerBound else {
      throw .ENXIO
    }
    let start = max(first, partition.lowerBound) - partition.lowerBound
    let limit = profile.has(.failureRangeClamp) ? partition.upperBound : length
    return start..<min(end - partition.lowerBound, limit)
  }
}
