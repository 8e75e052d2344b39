internal import HotCore

/// A run of a file's blocks on neighbouring device blocks, as fiemap reports one.
public struct ReportedExtent: Hashable, Sendable {
  /// The first byte in the file.
  public var position: Int
  /// The first byte on the device.
  public var deviceByte: Int
  /// Bytes.
  public var byteCount: Int
  /// Whether the blocks have data; without, they read as zeros.
  public var isWritten: Bool
  /// Whether another place in a file has the blocks too.
  public var isShared: Bool
}

extension Volume {
  /// Where a file's bytes lie, in the order of the file; what no extent covers is a hole.
  ///
  /// Staging is not part of the file, and not reported.
  ///
  /// - Parameter file: The file.
  /// - Returns: The extents, each cut where sharing begins or ends.
  /// - Throws: `FSDAXError` with ENOENT.
  public func extents(of file: FileID) throws(FSDAXError) -> [ReportedExtent] {
    try looking(file) { inode in
      inode.extentLock.lockShared()
      defer { inode.extentLock.unlockShared() }
      var reported: [ReportedExtent] = []
      var next: UInt64 = 0
      while var extent = inode.data.extent(atOrAfter: next) {
        var isShared = false
        if extent.state != .delayed, let run = firstShared(in: extent.deviceBlocks) {
          isShared = run.lowerBound == extent.device
          let count = isShared ? UInt64(run.count) : UInt64(run.lowerBound - extent.device)
          extent = extent.clipped(to: extent.first..<extent.first + count)
        }
        next = extent.end
        reported.append(
          ReportedExtent(
            position: Int(extent.first << 12), deviceByte: Int(extent.device) << 12,
            byteCount: Int(extent.count) << 12, isWritten: extent.state == .written,
            isShared: isShared))
      }
      return reported
    }
  }
}
