internal import CHost

/// A run of a file's blocks, as FIEMAP tells it.
public struct FileExtent: Equatable, Sendable {
  /// What FIEMAP says of an extent.
  ///
  /// Source: linux/fiemap.h.
  public struct Flags: OptionSet, Sendable {
    /// The FIEMAP_EXTENT_ bits.
    public let rawValue: UInt32

    /// Takes the bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The file's last extent.
    public static let last = Flags(rawValue: 0x1)
    /// Without an address (yet).
    public static let unknown = Flags(rawValue: 0x2)
    /// Not allocated yet: the bytes are in the page cache only.
    public static let delayed = Flags(rawValue: 0x4)
    /// Compressed or otherwise not readable from the device.
    public static let encoded = Flags(rawValue: 0x8)
    /// Among the metadata.
    public static let inline = Flags(rawValue: 0x200)
    /// Allocated, and reads as zeros.
    public static let unwritten = Flags(rawValue: 0x800)
    /// Several extents told as one.
    public static let merged = Flags(rawValue: 0x1000)
    /// Its blocks belong to others, too.
    public static let shared = Flags(rawValue: 0x2000)
  }

  /// Byte of the file it begins at.
  public let logical: Int
  /// Byte of the device it begins at; without meaning for some flags.
  public let physical: Int
  /// Its bytes.
  public let byteCount: Int
  /// What it is.
  public let flags: Flags

  /// An extent made by hand.
  public init(logical: Int, physical: Int, byteCount: Int, flags: Flags) {
    self.logical = logical
    self.physical = physical
    self.byteCount = byteCount
    self.flags = flags
  }

  /// Whether its blocks belong to others, too.
  public var isShared: Bool { flags.contains(.shared) }
}

extension LiveFile {
  /// The file's extents in ascending order; holes have none.
  ///
  /// - Parameter flushes: whether dirty pages are written out first, so that every extent has an
  ///   address.
  /// - Returns: all of them.
  /// - Throws: `LiveError` from `FS_IOC_FIEMAP`.
  public func extents(flushes: Bool = true) throws(LiveError) -> [FileExtent] {
    var found: [FileExtent] = []
    var buffer = [chost_live_extent](repeating: chost_live_extent(), count: 256)
    var offset: UInt64 = 0
    while true {
      // SAFETY: the array's storage is valid for its count during the call.
      let result = unsafe chost_live_extents(
        number, offset, flushes ? 1 : 0, &buffer, UInt32(buffer.count))
      let count = try LiveError.check(result, "FS_IOC_FIEMAP", path)
      for extent in buffer[..<count] {
        found.append(
          FileExtent(
            logical: Int(clamping: extent.logical), physical: Int(clamping: extent.physical),
            byteCount: Int(clamping: extent.byte_count), flags: .init(rawValue: extent.flags)))
      }
      guard count == buffer.count, let last = buffer.last,
        last.flags & FileExtent.Flags.last.rawValue == 0
      else { return found }
      offset = last.logical + last.byte_count
    }
  }

  /// Bytes of a range whose blocks are shared.
  ///
  /// - Parameters:
  ///   - offset: byte to begin at.
  ///   - byteCount: bytes of the range.
  /// - Returns: the bytes, clipped to the range.
  /// - Throws: `LiveError` from `FS_IOC_FIEMAP`.
  public func sharedByteCount(at offset: Int, byteCount: Int) throws(LiveError) -> Int {
    var shared = 0
    for extent in try extents() where extent.isShared {
      let start = max(extent.logical, offset)
      let end = min(extent.logical + extent.byteCount, offset + byteCount)
      shared += max(end - start, 0)
    }
    return shared
  }
}
