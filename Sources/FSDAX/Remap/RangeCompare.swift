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
    let difference: UInt64?
    do throws(Errno) {
      difference = try walk(&source, &target, rule, ledger)
    } catch {
      // The side that did not fail is in the middle of a step.
      try stop(&source, &target)
      throw error
    }
    try stop(&source, &target)
    return difference
  }

  /// The steps of a comparison; may leave one under way on either side.
  private func walk(
    _ source: inout IomapIterator, _ target: inout IomapIterator, _ rule: CompareRule,
    _ ledger: LedgerStripe
  ) throws(Errno) -> UInt64? {
    let first = source.position
    guard try source.next(self), try target.next(self) else { return nil }
    while true {
      var run = min(source.usable, target.usable)
      if rule == .pages { run = min(run, pageChunk(source.position, target.position)) }
      let same = try equalPrefix(source, target, run, rule, ledger)
      if same < run { return source.position - first + same }
      try source.advance(run)
      try target.advance(run)
      if source.remaining == 0 { return nil }
      if source.usable == 0 { _ = try source.next(self) }
      if target.usable == 0 { _ = try target.next(self) }
    }
  }

  /// The bytes up to the next end of a page on either side.
  private func pageChunk(_ source: UInt64, _ target: UInt64) -> UInt64 {
    let page = UInt64(DAXDevice.pageByteCount)
    return page - max(source & (page - 1), target & (page - 1))
  }

  /// Ends the steps under way on both sides, also where one of them fails.
  private func stop(
    _ source: inout IomapIterator, _ target: inout IomapIterator
  ) throws(Errno) {
    do throws(Errno) {
      try source.stop(self)
    } catch {
      try target.stop(self)
      throw error
    }
    try target.stop(self)
  }
}
