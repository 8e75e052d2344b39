/// Which part of a lower device a mapped device has where.
struct MappedTarget: Hashable, Sendable {
  /// First byte on the mapped device, and bytes.
  var first: UInt64
  var byteCount: UInt64
  /// The lower device, and the target's first byte there.
  var device: Int
  var lower: UInt64
  /// Whether the lower device is reached by address.
  var isDAX = true

  var end: UInt64 { first + byteCount }
}

/// A device put together from parts of others.
///
/// Source: specification, section 8.4.
///
/// Upstream opens the parts without a holder, so that failures of them are not forwarded.
struct MappedDevice: Sendable {
  /// In the order of their first bytes, without overlap.
  let targets: [MappedTarget]

  /// Whether all of it is reached by address.
  var isDAX: Bool { !targets.isEmpty && targets.allSatisfy { $0.isDAX } }

  /// How many pages from a byte on one target has.
  ///
  /// - Parameters:
  ///   - byte: A byte of the mapped device.
  ///   - pageCount: Pages wanted.
  /// - Returns: The lower device, the byte there, and pages up to the end of the target.
  /// - Throws: EINVAL for a negative count; EIO where no target is, it is not DAX, or less than a
  ///   page of it is left.
  func access(
    _ byte: UInt64, pageCount: Int
  ) throws(Errno) -> (device: Int, byte: UInt64, pageCount: Int) {
    guard pageCount >= 0 else { throw .EINVAL }
    guard let target = targets.first(where: { $0.first <= byte && byte < $0.end }), target.isDAX
    else { throw .EIO }
    let left = (target.end - byte) >> UInt64(DAXDevice.pageShift)
    guard left > 0 else { throw .EIO }
    return (target.device, target.lower + (byte - target.first), Int(min(UInt64(pageCount), left)))
  }

  /// A failure of a lower device as the mapped device's own: one notice for each target it meets.
  ///
  /// The design of 2021, which upstream does not have.
  ///
  /// - Parameters:
  ///   - notice: A failure of the lower device.
  ///   - device: Which lower device.
  /// - Returns: Notices to forward upward, in the order of the targets.
  func forward(_ notice: FailureNotice, from device: Int) -> [FailureNotice] {
    targets.compactMap { target in
      guard target.device == device else { return nil }
      if notice.isWholeDevice {
        return FailureNotice(first: target.first, byteCount: target.byteCount, notice.flags)
      }
      let start = max(notice.first, target.lower)
      let end = min(notice.end, target.lower + target.byteCount)
      guard start < end else { return nil }
      return FailureNotice(
        first: start - target.lower + target.first, byteCount: end - start, notice.flags)
    }
  }
}
