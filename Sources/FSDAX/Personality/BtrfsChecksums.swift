internal import HotCore

/// The checksum of each device block that has one.
///
/// Who may touch a block's bytes may touch its entry: the owner under its file's locks, the
/// allocator while it hands the block out.
@safe struct BtrfsChecksums: ~Copyable, @unchecked Sendable {
  // Sendable: the pointer is immutable; entries are kept apart like the bytes they speak of.
  private static let present = UInt64(1) << 32
  private let entries: UnsafeMutablePointer<UInt64>
  private let blockCount: Int
  private let code = CRC32C()

  /// No block of the device has a checksum.
  init(blockCount: Int) {
    self.blockCount = blockCount
    unsafe entries = .allocate(capacity: max(blockCount, 1))
    unsafe entries.initialize(repeating: 0, count: max(blockCount, 1))
  }

  deinit { unsafe entries.deallocate() }

  // SAFETY: blocks come from extents and from the allocator, so they lie on the device, whose
  // blocks the table has all; the precondition makes sure.

  @inline(__always) private func entry(_ block: UInt32) -> UnsafeMutablePointer<UInt64> {
    precondition(Int(block) < blockCount, "no block of the device")
    return unsafe entries + Int(block)
  }

  /// The checksum recorded for a block, or nil.
  func recorded(_ block: UInt32) -> UInt32? {
    let value = unsafe entry(block).pointee
    return value & Self.present == 0 ? nil : UInt32(truncatingIfNeeded: value)
  }

  /// Computes and records the checksums of blocks.
  func record(_ blocks: Range<UInt32>, _ device: borrowing DAXDevice) {
    for block in blocks {
      unsafe entry(block).pointee = Self.present | UInt64(compute(block, device))
    }
  }

  /// Forgets the checksums of blocks.
  func clear(_ blocks: Range<UInt32>) {
    for block in blocks { unsafe entry(block).pointee = 0 }
  }

  /// The checksum of the bytes that a block has now.
  func compute(_ block: UInt32, _ device: borrowing DAXDevice) -> UInt32 {
    precondition(Int(block) < device.pageCount, "no block of the device")
    // SAFETY: the block lies on the device, and its owner's locks keep writers away.
    return unsafe code.checksum(
      device.base + Int(block) << DAXDevice.pageShift, DAXDevice.pageByteCount)
  }

  /// Whether the bytes of a block are those its checksum was made of; true without a checksum.
  ///
  /// A poisoned block is not touched: whoever accesses it gets the error of the medium.
  func matches(_ block: UInt32, _ device: borrowing DAXDevice) -> Bool {
    guard let expected = recorded(block) else { return true }
    let first = Int(block) << DAXDevice.pageShift
    if device.badBlocks.firstByte(in: first..<first + DAXDevice.pageByteCount) != nil {
      return true
    }
    return compute(block, device) == expected
  }
}

extension Volume {
  /// Whether a file's data have checksums: Btrfs, unless the file forgoes them or copy-on-write.
  @inline(__always)
  func hasChecksums(_ inode: Inode) -> Bool {
    options.personality == .btrfs && !inode.attributes.isNodatasum
      && !inode.attributes.isNodatacow
  }

  /// EOPNOTSUPP for a file that cannot be mapped.
  ///
  /// The rule of this design: a file with data checksums is never mapped, whatever its DAX
  /// attribute says. A store through a mapping changes bytes after their checksum was made, and on
  /// DAX nothing stands between the store and the medium. Reads and writes of such a file work:
  /// they take what Btrfs calls the buffered path, and the checksum is made of the copied bytes.
  func checkMappable(_ inode: Inode) throws(Errno) {
    if hasChecksums(inode) { throw .EOPNOTSUPP }
  }

  /// Whether the attributes a file has now may follow its old ones.
  ///
  /// With blocks there, checksums neither begin nor end: some blocks would have them and others
  /// not. `ioLock` and `invalidateLock` are held alone.
  func mayChange(_ inode: Inode, from old: FileAttributes) -> Bool {
    guard options.personality == .btrfs else { return true }
    let had = !old.isNodatasum && !old.isNodatacow
    if had == hasChecksums(inode) { return true }
    inode.extentLock.lockShared()
    defer { inode.extentLock.unlockShared() }
    return inode.data.isEmpty
  }

  /// How many blocks from the start of an extent have the bytes of their checksums.
  func verifiedCount(_ extent: Extent) -> UInt64 {
    for (index, block) in extent.deviceBlocks.enumerated()
    where !btrfs.checksums.matches(block, device) {
      return UInt64(index)
    }
    return UInt64(extent.count)
  }

  /// Records the checksums of what was staged in a range, before it becomes the file's data.
  func checksumStaging(_ inode: Inode, _ range: BlockRange, _ ledger: LedgerStripe) {
    var cursor = range.first
    while let piece = inode.cow.extent(atOrAfter: cursor, limit: range.end) {
      cursor = piece.end
      if piece.state != .written { continue }
      btrfs.checksums.record(piece.deviceBlocks, device)
      ledger.add(.bytesChecksummed, Int(piece.count) << DAXDevice.pageShift)
    }
  }

  /// EIO where an old block that gives bytes to new ones does not have its checksum any more.
  ///
  /// Otherwise the new block's checksum would vouch for bytes nobody wrote. Whole blocks are not
  /// read for their overwriting, so their damage does not matter.
  func verifySource(
    _ inode: Inode, _ position: UInt64, _ byteCount: UInt64, _ operation: OperationFlags
  ) throws(Errno) {
    let range = BlockRange(position: position, byteCount: byteCount)
    let mask = UInt64(DAXDevice.pageByteCount - 1)
    if operation.contains(.unshare) {
      try verifyData(inode, range.blocks)
      return
    }
    let end = position + byteCount
    if position & mask != 0 { try verifyData(inode, range.first..<range.first + 1) }
    if end & mask != 0, range.end - range.first > 1 || position & mask == 0 {
      try verifyData(inode, range.end - 1..<range.end)
    }
  }

  private func verifyData(_ inode: Inode, _ blocks: Range<UInt64>) throws(Errno) {
    var cursor = blocks.lowerBound
    while let piece = inode.data.extent(atOrAfter: cursor, limit: blocks.upperBound) {
      cursor = piece.end
      if piece.state == .written, verifiedCount(piece) < UInt64(piece.count) { throw .EIO }
    }
  }
}
