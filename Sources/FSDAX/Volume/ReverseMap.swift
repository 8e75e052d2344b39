/// A file block that refers to a device block.
struct BlockOwner: Hashable, Sendable {
  /// The file.
  var inode: UInt32
  /// The block of the file.
  var block: UInt64
}

/// Who refers to each device block: owners of 512 blocks at once with their span, of others two in
/// the block's record, and the rest in a tree.
///
/// One or two owners cost the one cache miss that their count costs as well. Only a block with more
/// at a time has a crowd, of which each owner comes and goes in logarithmic time. Owners stay where
/// they are when there is room in front of them again: the record may be empty while there is a
/// crowd. A B+tree of all owners was built first, see `ExtentChunk`; then lists, where removing one
/// of k owners took k cache misses: 7 µs for a copy-on-write with 29 of them.
@safe struct ReverseMap: ~Copyable {
  // SAFETY: the records live as long as the group; its blocks were checked by the group.
  private let records: BlockRecords
  private let isOwner: Bool
  /// The owners who found no room in a record.
  private(set) var crowd = Crowd()

  /// The map over a group's records.
  init(_ records: BlockRecords) {
    self.records = records
    isOwner = false
  }

  /// A map with records of its own: nobody refers to any of the blocks.
  init(blockCount: Int) {
    records = BlockRecords(count: blockCount)
    isOwner = true
  }

  deinit { if isOwner { records.free() } }

  /// How many owners all crowds have together.
  var crowdCount: Int { crowd.tree.count }

  /// Whether a block has a crowd.
  func isCrowded(_ block: UInt32) -> Bool { unsafe records.base[Int(block)].isCrowded }

  /// Adds an owner to each of neighbouring blocks, whose file blocks are neighbours too.
  @inline(__always)
  mutating func insert(blocks: Range<UInt32>, inode: UInt32, first: UInt64) {
    var block = blocks.lowerBound
    var owned = first
    while block < blocks.upperBound {
      let count = span(at: block, in: blocks)
      if count > 1, records.spans.insert(block, inode: inode, first: owned) {
        block &+= count
        owned &+= UInt64(count)
      } else {
        insert(block, BlockOwner(inode: inode, block: owned))
        block &+= 1
        owned &+= 1
      }
    }
  }

  /// 512 where a whole span of the blocks starts, otherwise 1.
  @inline(__always)
  private func span(at block: UInt32, in blocks: Range<UInt32>) -> UInt32 {
    let whole = UInt32(SpanOwners.blockCount)
    return block & (whole &- 1) == 0 && blocks.upperBound &- block >= whole ? whole : 1
  }

  @inline(__always)
  private mutating func insert(_ block: UInt32, _ owner: BlockOwner) {
    let record = unsafe records.base + Int(block)
    if unsafe record.pointee.firstInode == 0 {
      unsafe record.pointee.firstInode = owner.inode
      unsafe record.pointee.firstBlock = owner.block
    } else if unsafe record.pointee.secondInode == 0 {
      unsafe record.pointee.secondInode = owner.inode
      unsafe record.pointee.secondBlock = owner.block
    } else {
      crowd.insert(owner, of: block)
      unsafe record.pointee.isCrowded = true
    }
  }

  /// Removes an owner from each of neighbouring blocks; it must be one.
  @inline(__always)
  mutating func remove(blocks: Range<UInt32>, inode: UInt32, first: UInt64) {
    var block = blocks.lowerBound
    var owned = first
    while block < blocks.upperBound {
      let count = span(at: block, in: blocks)
      if count > 1, records.spans.removeAll(block, inode: inode, first: owned) {
        block &+= count
        owned &+= UInt64(count)
      } else {
        if !records.spans.remove(block, inode: inode, owned: owned) {
          remove(block, BlockOwner(inode: inode, block: owned))
        }
        block &+= 1
        owned &+= 1
      }
    }
  }

  @inline(__always)
  private mutating func remove(_ block: UInt32, _ owner: BlockOwner) {
    let record = unsafe records.base + Int(block)
    if unsafe record.pointee.firstInode == owner.inode && record.pointee.firstBlock == owner.block {
      unsafe record.pointee.firstInode = 0
    } else if unsafe record.pointee.secondInode == owner.inode
      && record.pointee.secondBlock == owner.block
    {
      unsafe record.pointee.secondInode = 0
    } else {
      leaveCrowd(owner, block)
    }
  }

  private mutating func leaveCrowd(_ owner: BlockOwner, _ block: UInt32) {
    precondition(isCrowded(block), "an owner that is removed was one")
    if crowd.remove(owner, of: block) { unsafe records.base[Int(block)].isCrowded = false }
  }

  /// Appends all who refer to a block.
  func owners(of block: UInt32, into owners: inout [BlockOwner]) {
    records.spans.owners(of: block, into: &owners)
    let record = unsafe records.base + Int(block)
    let (first, second) = unsafe (record.pointee.firstInode, record.pointee.secondInode)
    if first != 0 {
      owners.append(BlockOwner(inode: first, block: unsafe record.pointee.firstBlock))
    }
    if second != 0 {
      owners.append(BlockOwner(inode: second, block: unsafe record.pointee.secondBlock))
    }
    if isCrowded(block) { crowd.append(of: block, into: &owners) }
  }
}
