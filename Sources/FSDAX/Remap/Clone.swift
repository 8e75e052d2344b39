extension Volume {
  /// Lets a range of one file share the blocks of another's, as FICLONERANGE does; without a range
  /// as FICLONE does.
  ///
  /// With `canShorten` this is copy_file_range by remapping: fewer bytes than asked are a success.
  ///
  /// - Parameters:
  ///   - source: Where the data are.
  ///   - sourcePosition: Its first byte.
  ///   - byteCount: Bytes; 0 for all to the end of the source.
  ///   - target: Where they are to be too.
  ///   - targetPosition: Its first byte.
  ///   - canShorten: Whether fewer bytes are a success.
  ///   - caller: Who asks.
  /// - Returns: Bytes cloned.
  /// - Throws: `FSDAXError`: EBADF, EINVAL, EXDEV, EISDIR, EOPNOTSUPP, EPERM, ETXTBSY, EFBIG, EIO,
  ///   ENOSPC, EINTR. Extents that were shared before the error stay so.
  @discardableResult
  public func clone(
    from source: OpenFile, at sourcePosition: Int = 0, byteCount: Int = 0, to target: OpenFile,
    at targetPosition: Int = 0, canShorten: Bool = false, caller: Caller = .administrator
  ) throws(FSDAXError) -> Int {
    do throws(Errno) {
      let (targetInode, targetLook) = try target.look()
      let (sourceInode, sourceLook) = try source.look()
      try verifyArea(sourcePosition, byteCount)
      try verifyArea(targetPosition, byteCount)
      guard source.volume === target.volume, self === target.volume else { throw .EXDEV }
      let kinds = [sourceLook.kind, targetLook.kind]
      if kinds.contains(.directory) { throw .EISDIR }
      guard kinds.allSatisfy({ $0 == .regular }) else { throw .EINVAL }
      guard source.canRead, target.canWrite, !target.isAppend else { throw .EBADF }
      let request = RemapRequest(
        source: source, target: target, sourceInode: sourceInode, targetInode: targetInode,
        sourcePosition: UInt64(sourcePosition), targetPosition: UInt64(targetPosition),
        byteCount: UInt64(byteCount), isDedupe: false, canShorten: canShorten)
      let cloned = try remap(request, for: caller)
      guard canShorten || cloned >= byteCount else { throw .EINVAL }
      return cloned
    } catch {
      throw FSDAXError(error, .clone, target.file, position: targetPosition)
    }
  }

  /// Makes a file share all blocks of another one of this volume.
  ///
  /// - Parameters:
  ///   - source: Where the data are.
  ///   - target: Where they are to be too.
  /// - Returns: Bytes cloned.
  /// - Throws: As the other `clone`.
  @discardableResult
  public func clone(from source: FileID, to target: FileID) throws(FSDAXError) -> Int {
    try clone(from: OpenFile(source, on: self), to: OpenFile(target, on: self))
  }
}
