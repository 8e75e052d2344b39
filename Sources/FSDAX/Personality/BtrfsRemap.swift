internal import HotCore
internal import Synchronization

/// The pieces a dedupe is remapped in, one after the other, when all of it was found equal.
struct DedupeChunks: Sequence, IteratorProtocol {
  /// 16 MiB, of Btrfs.
  static let btrfsByteCount = 16 << 20

  private let chunkByteCount: Int
  private let byteCount: Int
  private var position = 0

  /// Pieces of a size over so many bytes; the last one may be smaller.
  init(byteCount: Int, chunkByteCount: Int) {
    precondition(chunkByteCount > 0, "a piece has bytes")
    self.byteCount = byteCount
    self.chunkByteCount = chunkByteCount
  }

  /// The next piece, as offsets from the start of the request.
  mutating func next() -> Range<Int>? {
    guard position < byteCount else { return nil }
    let end = position + Swift.min(chunkByteCount, byteCount - position)
    defer { position = end }
    return position..<end
  }
}

extension Volume {
  /// The pieces a dedupe of so many bytes is remapped in: 16 MiB on Btrfs, all at once on XFS.
  func dedupeChunks(byteCount: Int) -> DedupeChunks {
    switch options.personality {
    case .xfs: DedupeChunks(byteCount: byteCount, chunkByteCount: max(byteCount, 1))
    case .btrfs:
      DedupeChunks(byteCount: byteCount, chunkByteCount: DedupeChunks.btrfsByteCount)
    }
  }

  /// What Btrfs asks of a clone or dedupe before all else; nothing on XFS.
  ///
  /// - Parameters:
  ///   - source: The file that is referred to.
  ///   - target: The file that is remapped.
  ///   - isDedupe: Whether contents are to be equal, and stay.
  /// - Throws: EROFS for a read-only root; EAGAIN for a dedupe while the root is sent; EINVAL where
  ///   only one file has checksums, since they belong to the blocks.
  func checkRemap(source: Inode, target: Inode, isDedupe: Bool) throws(Errno) {
    guard options.personality == .btrfs else { return }
    if btrfs.isReadOnly.load(ordering: .acquiring) { throw .EROFS }
    if isDedupe, btrfs.sendCount.load(ordering: .acquiring) > 0 { throw .EAGAIN }
    if hasChecksums(source) != hasChecksums(target) { throw .EINVAL }
  }

  /// Btrfs: a new file that refers to all blocks of a file as they are now.
  ///
  /// A snapshot of one file; while it is taken, no file of the volume is overwritten in place.
  ///
  /// - Parameter file: The file, which goes on as it is.
  /// - Returns: The snapshot, with the attributes of the file.
  /// - Throws: `FSDAXError`: ENOENT, EISDIR or EINVAL for what is no regular file, EOPNOTSUPP on a
  ///   volume of another personality or without reflink, EROFS, EIO on one that is shut down,
  ///   ENOSPC where a block has too many references, EINTR where the wait for a pinned frame was
  ///   interrupted, an error of the writeback.
  public func snapshot(_ file: FileID) throws(FSDAXError) -> FileID {
    let attributes = try attributes(of: file)
    let copy = try create(attributes)
    btrfs.snapshotCount.wrappingAdd(1, ordering: .acquiringAndReleasing)
    defer { btrfs.snapshotCount.wrappingSubtract(1, ordering: .acquiringAndReleasing) }
    do throws(Errno) {
      guard options.personality == .btrfs else { throw .EOPNOTSUPP }
      if btrfs.isReadOnly.load(ordering: .acquiring) { throw .EROFS }
      let pair = (try inode(file), try inode(copy))
      let ordered = pair.0.number < pair.1.number ? pair : (pair.1, pair.0)
      ordered.0.ioLock.lockExclusive()
      ordered.1.ioLock.lockExclusive()
      defer {
        ordered.1.ioLock.unlockExclusive()
        ordered.0.ioLock.unlockExclusive()
      }
      try pair.0.check(file)
      try pair.0.checkRegular()
      try checkSharing()
      try invalidate(pair.0, ordered)
      defer {
        ordered.1.invalidateLock.unlockExclusive()
        ordered.0.invalidateLock.unlockExclusive()
      }
      try shareAll(pair.0, pair.1, ordered)
    } catch {
      try? remove(copy)
      throw FSDAXError(error, .clone, file)
    }
    return copy
  }

  /// Takes `invalidateLock` of both files, with the source's pages taken away from its mappings:
  /// stores must meet a fault again, for the frames are shared from now on.
  ///
  /// Throws with neither held. Whoever waits for pins holds the source's alone.
  private func invalidate(_ source: Inode, _ ordered: (Inode, Inode)) throws(Errno) {
    while true {
      ordered.0.invalidateLock.lockExclusive()
      ordered.1.invalidateLock.lockExclusive()
      do throws(Errno) {
        try breakLayouts(source, 0, source.size, ledgers.mine, waits: false)
        return
      } catch {
        ordered.1.invalidateLock.unlockExclusive()
        ordered.0.invalidateLock.unlockExclusive()
        if error != .ERESTARTSYS { throw error }
      }
      source.invalidateLock.lockExclusive()
      defer { source.invalidateLock.unlockExclusive() }
      try breakLayouts(source, 0, source.size, ledgers.mine)
    }
  }

  private func shareAll(
    _ source: Inode, _ target: Inode, _ ordered: (Inode, Inode)
  ) throws(Errno) {
    ordered.0.extentLock.lockExclusive()
    ordered.1.extentLock.lockExclusive()
    defer {
      ordered.1.extentLock.unlockExclusive()
      ordered.0.extentLock.unlockExclusive()
    }
    let ledger = ledgers.mine
    source.isReflink = true
    target.isReflink = true
    var next: UInt64 = 0
    while let extent = source.data.extent(atOrAfter: next, limit: .max) {
      next = extent.end
      guard share(extent, with: target, at: extent.first, ledger) else { throw .ENOSPC }
      target.data.insert(extent)
      ledger.add(.extentsRemapped)
    }
    target.size = source.size
    target.attributes = source.attributes
    target.publishHints()
    target.hasUnsyncedMetadata = true
    source.hasUnsyncedMetadata = true
  }
}
