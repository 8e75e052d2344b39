/// How Btrfs decides between direct and buffered input and output, as pure functions.
///
/// On DAX both paths copy to the device; the decision is what a caller is told, and what a model of
/// the page cache would need. Source: specification, section 7.
public struct BtrfsDirectRequest: Hashable, Sendable {
  /// The first byte in the file.
  public var position: Int
  /// The byte counts of the user's segments.
  public var segmentByteCounts: [Int]
  /// The address of each segment, as far as alignment is concerned; none given is aligned.
  public var segmentAddresses: [UInt] = []
  /// Bytes of a sector of the filesystem, a power of two; nothing is aligned to 0 or less.
  public var sectorByteCount = 4096
  /// Whether the data profile keeps copies or parity.
  public var isRedundant = false
  /// Whether the file's data have checksums.
  public var hasChecksums = false
  /// Whether it is a write.
  public var isWrite = true

  /// A request of one segment.
  public init(position: Int, byteCount: Int) {
    self.position = position
    segmentByteCounts = [byteCount]
  }

  /// The path it takes.
  public var path: BtrfsPath {
    guard sectorByteCount > 0 else { return .buffered(.unaligned) }
    let mask = sectorByteCount - 1
    let isAligned =
      position & mask == 0 && segmentByteCounts.allSatisfy { $0 & mask == 0 }
      && segmentAddresses.allSatisfy { $0 & UInt(bitPattern: mask) == 0 }
    if !isAligned { return .buffered(.unaligned) }
    guard isWrite else { return .direct }
    // User bytes that change in flight would not match the checksum, or differ between copies.
    if isRedundant { return .buffered(.redundantProfile) }
    return hasChecksums ? .buffered(.checksums) : .direct
  }
}

/// The path of a request.
public enum BtrfsPath: Hashable, Sendable {
  /// Why a request goes through the page cache.
  public enum Reason: String, Sendable {
    // An offset, length or address that is no multiple of a sector.
    case unaligned
    // Copies or parity of the data.
    case redundantProfile
    // Data checksums.
    case checksums
  }

  /// Straight to new extents.
  case direct
  /// Through the page cache, where bytes stand still.
  case buffered(Reason)
}

/// How a direct write ends of which perhaps not all was submitted.
public struct BtrfsDirectEnd: Hashable, Sendable {
  /// The size of the file after it.
  public let size: Int
  /// What is left for the buffered path, which then flushes, waits and invalidates; nil if nothing.
  public let buffered: Range<Int>?
  /// ENOTBLK where the buffered path goes on.
  public let errno: Errno?

  /// The end of a write.
  ///
  /// The size was raised before anything was submitted; it is set back to what is really there.
  /// An end behind the largest number is that number, and there is nothing behind it.
  ///
  /// - Parameters:
  ///   - size: Bytes of the file before the write.
  ///   - position: The first byte written.
  ///   - byteCount: Bytes asked for; a negative count is none.
  ///   - submittedByteCount: Bytes submitted, at most all of them.
  public init(size: Int, position: Int, byteCount: Int, submittedByteCount: Int) {
    let asked = max(byteCount, 0)
    let submitted = min(max(submittedByteCount, 0), asked)
    let end = Self.end(position, submitted)
    let whole = Self.end(position, asked)
    self.size = submitted == 0 && asked > 0 ? size : max(size, end)
    buffered = end < whole ? end..<whole : nil
    errno = end < whole ? .ENOTBLK : nil
  }

  /// Where so many bytes end, at most at the largest number; the count is not negative.
  private static func end(_ position: Int, _ byteCount: Int) -> Int {
    let (end, overflows) = position.addingReportingOverflow(byteCount)
    return overflows ? .max : end
  }

  /// What follows EFAULT: another direct pass after the pages were faulted in, or, when the last
  /// pass got nowhere, the buffered path.
  ///
  /// - Parameter submittedByteCount: Bytes the last pass submitted.
  /// - Returns: Whether to try again directly.
  public static func retriesAfterFault(submittedByteCount: Int) -> Bool { submittedByteCount > 0 }
}

extension Volume {
  /// Btrfs: which path a direct write would take.
  ///
  /// `write` serves both; a file with checksums has them made of the bytes as they were copied.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte.
  ///   - byteCount: Bytes.
  ///   - address: Where the user's bytes lie, as far as alignment is concerned.
  /// - Returns: The path.
  /// - Throws: `FSDAXError`: EINVAL for a negative position or count, ENOENT, EOPNOTSUPP on a
  ///   volume of another personality.
  public func writePath(
    of file: FileID, at position: Int, byteCount: Int, address: UInt = 0
  ) throws(FSDAXError) -> BtrfsPath {
    try looking(file) { inode throws(Errno) in
      guard options.personality == .btrfs else { throw .EOPNOTSUPP }
      guard position >= 0, byteCount >= 0 else { throw .EINVAL }
      var request = BtrfsDirectRequest(position: position, byteCount: byteCount)
      request.segmentAddresses = [address]
      request.isRedundant = options.hasRedundantData
      request.hasChecksums = hasChecksums(inode)
      return request.path
    }
  }
}
