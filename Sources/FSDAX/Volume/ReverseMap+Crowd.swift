extension ReverseMap {
  /// An owner in the order of the device blocks, for each of them of the files, then file blocks.
  struct CrowdRecord: TreeRecord {
    /// The device block above the file.
    private var key: UInt64
    private var place: UInt64

    /// The record of an owner.
    @inline(__always)
    init(device: UInt32, owner: BlockOwner) {
      key = UInt64(device) &<< 32 | UInt64(owner.inode)
      place = owner.block
    }

    /// The device block.
    @inline(__always)
    var device: UInt32 { UInt32(truncatingIfNeeded: key &>> 32) }

    /// Who refers to it.
    @inline(__always)
    var owner: BlockOwner { BlockOwner(inode: UInt32(truncatingIfNeeded: key), block: place) }

    /// One number of 128 bits, so that the comparison is two instructions and no branch.
    @inline(__always)
    private var order: UInt128 { UInt128(key) &<< 64 | UInt128(place) }

    @inline(__always)
    static func precedes(_ left: Self, _ right: Self) -> Bool { left.order < right.order }
  }

  /// The owners for whom a block's record has no room, of all blocks in one tree.
  ///
  /// Nobody has all bits one, as device blocks stay below the highest number of 32 bits. Everything
  /// is out of line: most volumes have no crowd at all.
  struct Crowd: ~Copyable {
    /// The owners in order.
    private(set) var tree = RecordTree<CrowdRecord>()

    /// Adds an owner who is not there yet, in logarithmic time.
    @inline(never)
    mutating func insert(_ owner: BlockOwner, of device: UInt32) {
      tree.insert(CrowdRecord(device: device, owner: owner))
    }

    /// Removes an owner, who must be there, in logarithmic time.
    ///
    /// - Parameters:
    ///   - owner: The owner.
    ///   - device: The device block.
    /// - Returns: Whether nobody is left who refers to the block.
    @inline(never)
    mutating func remove(_ owner: BlockOwner, of device: UInt32) -> Bool {
      guard let cursor = tree.floor(CrowdRecord(device: device, owner: owner)) else {
        preconditionFailure("an owner that is removed was one")
      }
      let found = tree.record(at: cursor)
      precondition(
        found.device == device && found.owner == owner, "an owner that is removed was one")
      let before = tree.previous(before: cursor).map { tree.record(at: $0).device }
      let behind = tree.next(after: cursor).map { tree.record(at: $0).device }
      tree.remove(at: cursor)
      return before != device && behind != device
    }

    /// Appends all who refer to a block.
    @inline(never)
    func append(of device: UInt32, into owners: inout [BlockOwner]) {
      let least = CrowdRecord(device: device, owner: BlockOwner(inode: 0, block: 0))
      var place = tree.ceiling(least)
      while let cursor = place {
        let record = tree.record(at: cursor)
        if record.device != device { return }
        owners.append(record.owner)
        place = tree.next(after: cursor)
      }
    }
  }
}
