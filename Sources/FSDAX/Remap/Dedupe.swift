/// What became of one target of a dedupe.
public struct DedupeResult: Hashable, Sendable {
  /// The status of a target that has the source's blocks now.
  public static let same: Int32 = 0
  /// The status of a target whose bytes differ.
  public static let differs: Int32 = 1

  /// `same`, `differs`, or a negative error number.
  public var status: Int32 = same
  /// Bytes that share blocks now; in the kernel's defect (H13) those that were asked for.
  public var byteCount = 0

  /// The preset of a target not reached.
  public init() {}

  /// A result from its parts.
  public init(status: Int32, byteCount: Int = 0) {
    self.status = status
    self.byteCount = byteCount
  }
}

/// FIDEDUPERANGE. Source: fsdax specification of this project, section 5.2.
extension Volume {
  /// The most bytes of one call; what is beyond is silently left.
  static let largestDedupe = 1 << 30
  /// The size of the call's argument: a page, with a header and an entry for each target.
  private static let dedupeArgument = (limit: 4096, header: 24, target: 32)

  /// Lets targets share the blocks of a range of the source where their bytes are equal.
  ///
  /// - Parameters:
  ///   - source: Where the data are.
  ///   - position: Its first byte.
  ///   - byteCount: Bytes; 0 does nothing.
  ///   - targets: Files and positions; at most 127.
  ///   - caller: Who asks.
  /// - Returns: A result for each target. A signal ends the work; targets not reached then have the
  ///   preset: same, with no bytes.
  /// - Throws: `FSDAXError` before any target is looked at: ENOMEM for too many, EBADF, EINVAL,
  ///   EISDIR, EOPNOTSUPP.
  public func dedupe(
    from source: OpenFile, at position: Int, byteCount: Int,
    targets: [(file: OpenFile, position: Int)], caller: Caller = .administrator
  ) throws(FSDAXError) -> [DedupeResult] {
    do throws(Errno) {
      let argument = Self.dedupeArgument
      guard targets.count <= (argument.limit - argument.header) / argument.target else {
        throw .ENOMEM
      }
      let (inode, attributes) = try source.look()
      guard source.canRead else { throw .EINVAL }
      if attributes.kind == .directory { throw .EISDIR }
      guard attributes.kind == .regular else { throw .EINVAL }
      try verifyArea(position, byteCount)
      guard UInt64(position + byteCount) <= inode.size else { throw .EINVAL }
      let capped = min(byteCount, Self.largestDedupe)
      var results = [DedupeResult](repeating: DedupeResult(), count: targets.count)
      for (index, target) in targets.enumerated() {
        let request = (source: source, inode: inode, position: position, byteCount: capped)
        results[index] = dedupeTarget(request, target.file, target.position, caller)
        if isInterrupted { break }
      }
      return results
    } catch {
      throw FSDAXError(error, .dedupe, source.file, position: position)
    }
  }

  private func dedupeTarget(
    _ request: (source: OpenFile, inode: Inode, position: Int, byteCount: Int),
    _ target: OpenFile, _ position: Int, _ caller: Caller
  ) -> DedupeResult {
    do throws(Errno) {
      let inode = try checkTarget(target, position, request.source, request.byteCount, caller)
      if request.byteCount == 0 { return DedupeResult() }
      let done = try remap(
        RemapRequest(
          source: request.source, target: target, sourceInode: request.inode, targetInode: inode,
          sourcePosition: UInt64(request.position), targetPosition: UInt64(position),
          byteCount: UInt64(request.byteCount), isDedupe: true, canShorten: true), for: caller)
      let reported = profile.has(.dedupeReportsRequest) ? request.byteCount : done
      return DedupeResult(status: DedupeResult.same, byteCount: reported)
    } catch {
      return DedupeResult(status: error == .EBADE ? DedupeResult.differs : -error.rawValue)
    }
  }

  /// What a target must be, each check in the kernel's order.
  private func checkTarget(
    _ target: OpenFile, _ position: Int, _ source: OpenFile, _ byteCount: Int, _ caller: Caller
  ) throws(Errno) -> Inode {
    let (inode, attributes) = try target.look()
    try verifyArea(position, byteCount)
    if target.isOnReadOnlyMount { throw .EROFS }
    guard
      caller.isAdministrator || target.canWrite || attributes.ownerID == caller.userID
        || attributes.isWritableByOthers
    else { throw .EPERM }
    guard source.volume === target.volume, self === target.volume else { throw .EXDEV }
    if attributes.kind == .directory { throw .EISDIR }
    guard attributes.kind == .regular else { throw .EINVAL }
    return inode
  }
}
