internal import HotCore

/// How a dedupe finds out whether two ranges are equal.
enum CompareRule {
  /// DAX: extent by extent, on the device.
  case extents
  /// The page cache: page by page, holes and unwritten blocks as zeros.
  case pages
}

/// Comparison of file ranges. Source: fsdax specification of this project, section 5.4.
extension Volume {
  /// Compares ranges of two files as a dedupe of them would.
  ///
  /// - Parameters:
  ///   - file: A file.
  ///   - position: The first byte of its range.
  ///   - other: The other file, or the same one.
  ///   - otherPosition: The first byte there.
  ///   - byteCount: Bytes; both ranges end within their files.
  /// - Returns: The offset of the first difference in the ranges, or nil without one.
  /// - Throws: `FSDAXError`: EINVAL for a range outside of its file, or where just one of the files
  ///   is reached without a page cache; ENOENT, EISDIR, EIO.
  public func compare(
    _ file: FileID, at position: Int, with other: FileID, at otherPosition: Int, byteCount: Int
  ) throws(FSDAXError) -> Int? {
    do throws(Errno) {
      try verifyArea(position, byteCount)
      try verifyArea(otherPosition, byteCount)
      let ledger = ledgers.mine
      let (source, target) = (try inode(file), try inode(other))
      let locks = try RemapLocks(source: source, target: target, self, ledger)
      defer { locks.unlock() }
      try source.check(file)
      try target.check(other)
      try source.checkRegular()
      try target.checkRegular()
      let isDAX = source.attributes.isDAX
      guard isDAX == target.attributes.isDAX, UInt64(position + byteCount) <= source.size,
        UInt64(otherPosition + byteCount) <= target.size
      else { throw .EINVAL }
      if byteCount == 0 { return nil }
      let request = RemapRequest(
        source: OpenFile(file, on: self), target: OpenFile(other, on: self), sourceInode: source,
        targetInode: target, sourcePosition: UInt64(position),
        targetPosition: UInt64(otherPosition), byteCount: UInt64(byteCount), isDedupe: true,
        canShorten: true)
      return try firstDifference(request, isDAX ? .extents : .pages, ledger).map { Int($0) }
    } catch {
      throw FSDAXError(error, .compare, file, position: position)
    }
  }

  /// Walks both ranges in lock-step; each extent is looked up once.
  ///
  /// - Parameters:
  ///   - request: The ranges, not empty; both files are held.
  ///   - rule: How they are compared.
  ///   - ledger: Counts.
  /// - Returns: The offset of the first difference, or nil.
  /// - Throws: EIO where bytes cannot be read.
  func firstDifference(
    _ request: RemapRequest, _ rule: CompareRule, _ ledger: LedgerStripe
  ) throws(Errno) -> UInt64? {
    var source = IomapIterator(
      request.sourceInode, position: request.sourcePosition, byteCount: request.byteCount, .dax,
      ledger)
    var target = IomapIterator(
      request.targetInode, position: request.targetPosition, byteCount: request.byteCount, .dax,
      ledger)
    guard try source.next(self), try target.next(self) else { return nil }
    while true {
      var run = min(source.usable, target.usable)
      if rule == .pages { run = min(run, pageChunk(source.position, target.position)) }
      let same: UInt64
      do throws(Errno) {
        same = try equalPrefix(source, target, run, rule, ledger)
      } catch {
        try close(&source, &target, because: error)
        throw error
      }
      if same < run {
        let difference = source.position - request.sourcePosition + same
        try close(&source, &target, because: .EBADE)
        return difference
      }
      try source.advance(run)
      try target.advance(run)
      let isDone = source.remaining == 0
      if source.usable == 0 { _ = try source.next(self) }
      if target.usable == 0 { _ = try target.next(self) }
      if isDone { return nil }
    }
  }

  /// The bytes up to the next end of a page on either side.
  private func pageChunk(_ source: UInt64, _ target: UInt64) -> UInt64 {
    let page = UInt64(DAXDevice.pageByteCount)
    return page - max(source & (page - 1), target & (page - 1))
  }

  /// Ends both steps, with a status so that no new one begins.
  private func close(
    _ source: inout IomapIterator, _ target: inout IomapIterator, because status: Errno
  ) throws(Errno) {
    try close(&source, because: status)
    try close(&target, because: status)
  }

  private func close(_ iterator: inout IomapIterator, because status: Errno) throws(Errno) {
    iterator.status = status
    do throws(Errno) {
      _ = try iterator.next(self)
    } catch {
      if error != status { throw error }
    }
  }
}
