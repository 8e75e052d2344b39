import Testing

@testable import FSDAX

extension Rig {
  /// Gives a file references to another one's written blocks, as a clone does.
  func shareBlocks(_ source: FileID, with target: FileID, _ blocks: Range<UInt64>? = nil) {
    let from = inode(source)
    let to = inode(target)
    let ledger = volume.ledgers.mine
    let range = blocks ?? 0..<UInt64.max
    let ordered = from.number < to.number ? (from, to) : (to, from)
    ordered.0.extentLock.lockExclusive()
    ordered.1.extentLock.lockExclusive()
    defer {
      ordered.1.extentLock.unlockExclusive()
      ordered.0.extentLock.unlockExclusive()
    }
    var next = range.lowerBound
    while next < range.upperBound, let found = from.data.extent(atOrAfter: next),
      found.first < range.upperBound
    {
      let extent = found.clipped(to: next..<range.upperBound)
      next = extent.end
      guard extent.state == .written else { continue }
      #expect(volume.share(extent, with: to, at: extent.first, ledger))
      to.data.insert(extent)
    }
    from.isReflink = true
    to.isReflink = true
    to.size = max(to.size, from.size)
  }

  /// A file with unwritten blocks and nothing else, over media of a given byte.
  func unwrittenFile(blocks: Int, media byte: UInt8) throws -> FileID {
    let file = try volume.create()
    try volume.allocate(file, at: 0, byteCount: blocks * Self.page)
    for index in 0..<UInt64(blocks) {
      medium(file, index).initializeMemory(as: UInt8.self, repeating: byte)
    }
    return file
  }

  /// Blocks that a file refers to, or that are staged, or the volume's own.
  var usedBlocks: Set<UInt32> {
    var used = Set((0..<volume.groups.count).map { UInt32($0 * volume.groups.blocksPerGroup) })
    for (_, extents) in forks {
      for extent in extents { used.formUnion(extent.deviceBlocks) }
    }
    return used
  }

  private var forks: [(data: Bool, extents: [Extent])] {
    liveInodes.flatMap { inode in
      [(true, extents(of: inode, isStaging: false)), (false, extents(of: inode, isStaging: true))]
    }
  }

  private var liveInodes: [Inode] {
    volume.inodes.numbers.compactMap { volume.inodes.inode($0) }.filter { $0.isLive }
  }

  private func extents(of inode: Inode, isStaging: Bool) -> [Extent] {
    var found: [Extent] = []
    var next: UInt64 = 0
    while let extent = isStaging
      ? inode.cow.extent(atOrAfter: next) : inode.data.extent(atOrAfter: next)
    {
      found.append(extent)
      next = extent.end
    }
    return found
  }

  /// Invariant 3: reference counts are references, and no block is both free and in use.
  func expectInvariants(_ location: SourceLocation = #_sourceLocation) {
    var owners: [UInt32: Set<BlockOwner>] = [:]
    var staged: Set<UInt32> = []
    for inode in liveInodes {
      for extent in extents(of: inode, isStaging: false) {
        for block in extent.deviceBlocks {
          let place = extent.first + UInt64(block - extent.device)
          let isNew = owners[block, default: []]
            .insert(BlockOwner(inode: inode.number, block: place)).inserted
          #expect(isNew, "block \(block) twice at one place", sourceLocation: location)
        }
      }
      for extent in extents(of: inode, isStaging: true) {
        for block in extent.deviceBlocks {
          #expect(
            staged.insert(block).inserted, "block \(block) staged twice", sourceLocation: location)
        }
      }
    }
    #expect(staged.isDisjoint(with: owners.keys), "staged and owned", sourceLocation: location)
    expectCounts(owners, location)
    let expected =
      volume.device.pageCount - volume.groups.count - owners.count - staged.count
    let free = volume.freeByteCount / Self.page
    #expect(free == expected, "free blocks", sourceLocation: location)
  }

  private func expectCounts(
    _ owners: [UInt32: Set<BlockOwner>], _ location: SourceLocation
  ) {
    for block in 0..<UInt32(volume.device.pageCount) {
      let expected = owners[block] ?? []
      let count = Int(referenceCount(block))
      if count != expected.count {
        Issue.record("block \(block): \(count) for \(expected)", sourceLocation: location)
      }
      var known: [BlockOwner] = []
      volume.groups[volume.groups.index(of: block)].state.owners(of: block, into: &known)
      if Set(known) != expected || known.count != expected.count {
        Issue.record("block \(block): owners \(known)", sourceLocation: location)
      }
    }
  }
}
