internal import HotCore
internal import Synchronization

/// Btrfs as a design: there is no Btrfs on fsdax, and no kernel behaves like this on it.
///
/// Always copy-on-write: a write takes new blocks, exactly those it touches, and they become the
/// file's data when it ends. Only what `isOverwritable` names is written in place. There is no
/// model of metadata, so nothing is reserved for it; compression, encryption and inline data do
/// not exist here, which makes their conditions hold. Source: specification, section 7.
extension Volume {
  /// The most blocks of one data extent: 128 MiB.
  static let largestBtrfsExtent = UInt64(1) << 15

  /// What a change at a position finds.
  ///
  /// `extentLock` is held alone. What may be overwritten in place is. For the rest, space for all
  /// that the write still asks for is reserved before any is taken; a write without it ends there,
  /// short if something in front of it was overwritten.
  ///
  /// - Parameters:
  ///   - inode: The file.
  ///   - position: The first byte.
  ///   - byteCount: Bytes; at least one.
  ///   - operation: Zeroing and unsharing leave holes and unwritten blocks alone.
  ///   - ledger: Counts.
  /// - Returns: The blocks to write to, with the old ones as source where they are new.
  /// - Throws: ENOSPC, or EAGAIN of a no-wait write, without space; EROFS; EOPNOTSUPP for a fault
  ///   on a file with checksums; EIO where an old block does not have its checksum.
  func beginBtrfsWrite(
    _ inode: Inode, position: UInt64, byteCount: UInt64, _ operation: OperationFlags,
    _ ledger: LedgerStripe
  ) throws(Errno) -> MappingPair {
    if btrfs.isReadOnly.load(ordering: .acquiring) { throw .EROFS }
    if operation.contains(.fault) { try checkMappable(inode) }
    let blocks = BlockRange(position: position, byteCount: byteCount)
    let first = blocks.first
    let found = inode.data.extent(atOrAfter: first, limit: blocks.end)
    let data = found.flatMap { $0.first == first ? $0 : nil }
    var limit = data?.end ?? found?.first ?? blocks.end
    let leavesUnmapped = !operation.isDisjoint(with: [.zero, .unshare])
    if leavesUnmapped, data?.state != .written {
      return MappingPair(target: data.map { Mapping($0) } ?? Mapping(hole: first..<limit))
    }
    // Staging is only found by a fault that meets a write, or a write that meets a fault.
    if let staged = inode.cow.extent(atOrAfter: first, limit: limit) {
      if staged.first <= first {
        if let data { prefetchOld(data.device) }
        return copyPair(inode, staged, data, first..<min(limit, staged.end))
      }
      limit = min(limit, staged.first)
    }
    if let data {
      let run = overwritablePrefix(inode, data.clipped(to: first..<limit))
      limit = first + run.count
      if run.isOverwritable {
        let piece = data.clipped(to: first..<limit)
        if piece.state == .written { return MappingPair(target: Mapping(piece)) }
        return try convertUnwritten(inode, piece, ledger)
      }
    }
    if let data { prefetchOld(data.device) }
    let staged = try stageExactly(
      inode, first..<limit, reserving: leavesUnmapped ? limit - first : blocks.end - first,
      operation, ledger)
    let pair = copyPair(inode, staged, data, first..<staged.end)
    if hasChecksums(inode) {
      do throws(Errno) {
        try verifySource(
          inode, position, min(byteCount, staged.end << 12 - position), operation)
      } catch {
        cancelStaging(inode, BlockRange(first..<staged.end), ledger)
        throw error
      }
    }
    return pair
  }

  /// Takes blocks for the start of a range, and not one more than the range.
  private func stageExactly(
    _ inode: Inode, _ blocks: Range<UInt64>, reserving count: UInt64,
    _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno) -> Extent {
    let lacking: Errno = operation.contains(.noWait) ? .EAGAIN : .ENOSPC
    // More than a device can have is lacking without being counted.
    guard count <= UInt64(device.pageCount), reserveSpace(inode, Int(count)) else { throw lacking }
    defer { releaseSpace(Int(count)) }
    let wanted = Int(min(blocks.upperBound - blocks.lowerBound, Self.largestBtrfsExtent))
    let taken: Range<UInt32>
    do throws(Errno) {
      taken = try take(
        inode, blocks.lowerBound, wanted, wantsHuge: operation.contains(.fault), ledger)
    } catch {
      throw lacking
    }
    let staged = Extent(
      first: blocks.lowerBound, device: taken.lowerBound, count: UInt32(taken.count),
      state: .written)
    inode.cow.insert(staged)
    return staged
  }

  /// How many blocks from the start of an extent are alike in being overwritten in place or not.
  private func overwritablePrefix(
    _ inode: Inode, _ extent: Extent
  ) -> (count: UInt64, isOverwritable: Bool) {
    let count = UInt64(extent.count)
    guard isOverwritable(inode, extent) else { return (count, false) }
    // Referred to by a snapshot or clone.
    var alone = count
    if let run = firstShared(in: extent.deviceBlocks) {
      if run.lowerBound == extent.device { return (UInt64(run.count), false) }
      alone = UInt64(run.lowerBound - extent.device)
    }
    // Checksums for the range: of a time when the file had them.
    let candidates = extent.device..<extent.device + UInt32(alone)
    guard let summed = candidates.first(where: { btrfs.checksums.recorded($0) != nil }) else {
      return (alone, true)
    }
    if summed == extent.device {
      return (UInt64(candidates.prefix { btrfs.checksums.recorded($0) != nil }.count), false)
    }
    return (UInt64(summed - extent.device), true)
  }

  /// Whether the file, its group and the root allow to overwrite an extent in place.
  private func isOverwritable(_ inode: Inode, _ extent: Extent) -> Bool {
    (inode.attributes.isNodatacow || extent.state == .unwritten) && !hasChecksums(inode)
      && btrfs.snapshotCount.load(ordering: .acquiring) == 0
      && btrfs.isWritable(group: groups.index(of: extent.device))
  }

  /// Publishes what was written, with its checksums, and gives back the surplus of the blocks.
  ///
  /// `extentLock` is held alone.
  func endBtrfsWrite(
    _ inode: Inode, position: UInt64, byteCount: UInt64, writtenByteCount: UInt64,
    _ operation: OperationFlags, _ ledger: LedgerStripe
  ) throws(Errno) {
    let whole = BlockRange(position: position, byteCount: byteCount)
    if writtenByteCount > 0 {
      let written = BlockRange(position: position, byteCount: writtenByteCount)
      if hasChecksums(inode) {
        // A short copy took edges of a block that `begin` had no reason to look at.
        if writtenByteCount < byteCount {
          do throws(Errno) {
            try verifySource(inode, position, writtenByteCount, operation)
          } catch {
            cancelStaging(inode, whole, ledger)
            throw error
          }
        }
        checksumStaging(inode, written, ledger)
      }
      try publishStaging(inode, written, ledger)
    }
    cancelStaging(inode, whole, ledger)
  }

  /// What a read finds, cut before the first block that does not have its checksum.
  ///
  /// - Parameters:
  ///   - inode: The file.
  ///   - pair: What is there.
  ///   - operation: A fault needs a file that can be mapped; a report reads nothing.
  /// - Returns: The part that may be read.
  /// - Throws: EIO for a damaged first block, EOPNOTSUPP for a fault.
  func verifiedRead(
    _ inode: Inode, _ pair: MappingPair, _ operation: OperationFlags
  ) throws(Errno) -> MappingPair {
    guard hasChecksums(inode) else { return pair }
    if operation.contains(.fault) { throw .EOPNOTSUPP }
    let target = pair.target
    guard target.type == .mapped, !operation.contains(.report) else { return pair }
    let count = verifiedCount(
      Extent(
        first: target.offset >> 12, device: UInt32(target.address >> 12),
        count: UInt32(target.byteCount >> 12), state: .written))
    if count == 0 { throw .EIO }
    var verified = pair
    verified.target.byteCount = count << 12
    return verified
  }
}
