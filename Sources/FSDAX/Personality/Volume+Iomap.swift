internal import HotCore

/// The filesystem's side of the iomap protocol, by personality.
extension Volume: IomapOperations {
  @inline(__always) var losesEndError: Bool { profile.has(.lostEndError) }

  @inline(__always)
  func begin(
    _ inode: Inode, position: UInt64, byteCount: UInt64, _ operation: OperationFlags,
    _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    if isShutDown { throw .EIO }
    let blocks = BlockRange(position: position, byteCount: byteCount)
    guard operation.isChange else {
      let found = beginRead(inode, blocks)
      if options.personality == .xfs { return found }
      return try verifiedRead(inode, found, operation)
    }
    if operation.contains(.noWait) {
      // A fault may have it, and zero new blocks with it.
      guard inode.extentLock.tryLockExclusive() else { throw .EAGAIN }
    } else {
      inode.extentLock.lockExclusive()
    }
    defer { inode.extentLock.unlockExclusive() }
    var mappings =
      switch options.personality {
      case .xfs: try beginXFSWrite(inode, blocks, operation, ledger)
      case .btrfs:
        try beginBtrfsWrite(inode, position: position, byteCount: byteCount, operation, ledger)
      }
    if position + byteCount > inode.size || inode.hasUnsyncedMetadata {
      mappings.target.flags.insert(.dirty)
    }
    return mappings
  }

  @inline(__always)
  func end(
    _ inode: Inode, position: UInt64, byteCount: UInt64, writtenByteCount: UInt64,
    _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno) {
    guard operation.isChange else { return }
    inode.extentLock.lockExclusive()
    defer { inode.extentLock.unlockExclusive() }
    // Only a file with staging has something to complete or undo.
    if inode.cow.isEmpty { return }
    if let error = takeEndError() {
      // Written staging is what an `end` publishes, and a later one is not to publish this.
      inode.cow.setState(
        .unwritten, in: BlockRange(position: position, byteCount: byteCount).blocks)
      throw error
    }
    // A read beside this fault may be copying from the blocks that go.
    if operation.contains(.fault), writtenByteCount > 0 { inode.noteReplacement() }
    if options.personality == .btrfs {
      try endBtrfsWrite(
        inode, position: position, byteCount: byteCount, writtenByteCount: writtenByteCount,
        operation, ledger)
    } else if writtenByteCount == 0 {
      cancelStaging(inode, BlockRange(position: position, byteCount: byteCount), ledger)
    } else {
      let written = BlockRange(position: position, byteCount: writtenByteCount)
      try publishStaging(inode, written, ledger)
      // Staging behind a short body counts as written but holds nothing. Left there, the end of a
      // later step that leaves a hole alone would publish it.
      if writtenByteCount < byteCount {
        let all = BlockRange(position: position, byteCount: byteCount)
        if written.end < all.end {
          cancelStaging(inode, BlockRange(written.end..<all.end), ledger)
        }
      }
    }
  }

  /// The mapping at the start of a range, cut where sharing begins or ends.
  private func beginRead(_ inode: Inode, _ blocks: BlockRange) -> MappingPair {
    inode.extentLock.lockShared()
    defer { inode.extentLock.unlockShared() }
    guard var piece = inode.data.extent(atOrAfter: blocks.first, limit: blocks.end) else {
      return MappingPair(target: Mapping(hole: blocks.first..<blocks.end))
    }
    guard piece.first == blocks.first else {
      return MappingPair(target: Mapping(hole: blocks.first..<piece.first))
    }
    var flags: MappingFlags = []
    if inode.isReflink, piece.state == .written, let run = firstShared(in: piece.deviceBlocks) {
      if run.lowerBound == piece.device {
        flags = .shared
        piece = piece.clipped(to: piece.first..<piece.first + UInt64(run.count))
      } else {
        piece = piece.clipped(to: piece.first..<piece.first + UInt64(run.lowerBound - piece.device))
      }
    }
    return MappingPair(target: Mapping(piece, flags))
  }
}

extension OperationFlags {
  /// Whether the filesystem may have to allocate or unshare for it.
  @inline(__always) var isChange: Bool { !isDisjoint(with: [.write, .zero, .unshare]) }
}

/// The blocks that file bytes touch.
struct BlockRange {
  let first: UInt64
  let end: UInt64

  /// Rounded outward.
  @inline(__always) init(position: UInt64, byteCount: UInt64) {
    first = position >> UInt64(DAXDevice.pageShift)
    end =
      (position + byteCount + UInt64(DAXDevice.pageByteCount) - 1) >> UInt64(DAXDevice.pageShift)
  }

  /// From its ends.
  init(_ blocks: Range<UInt64>) {
    first = blocks.lowerBound
    end = blocks.upperBound
  }

  var blocks: Range<UInt64> { first..<end }
}

extension Mapping {
  /// What an extent maps, in bytes.
  @inline(__always) init(_ extent: Extent, _ flags: MappingFlags = []) {
    let type: MappingType =
      switch extent.state {
      case .written: .mapped
      case .unwritten: .unwritten
      case .delayed: .delayedAllocation
      }
    self.init(
      type: type, flags: flags, offset: extent.first << 12, byteCount: UInt64(extent.count) << 12,
      address: type == .delayedAllocation ? Mapping.noAddress : UInt64(extent.device) << 12)
  }

  /// A hole over blocks.
  init(hole blocks: Range<UInt64>) {
    self.init(
      type: .hole, offset: blocks.lowerBound << 12,
      byteCount: (blocks.upperBound - blocks.lowerBound) << 12)
  }
}

extension Extent {
  /// The device blocks; a delayed extent has none.
  @inline(__always) var deviceBlocks: Range<UInt32> { device..<device + count }
}
