/// A file block that refers to a device block.
struct BlockOwner: Hashable, Sendable {
  /// The file.
  var inode: UInt32
  /// The block of the file.
  var block: UInt64
}

/// Who refers to each device block: the first owner in a flat array, four more in a list, and all
/// others in a tree.
///
/// One owner costs one cache miss, whatever the volume looks like; up to five cost a step of the
/// list each at most, the latest one first. Only a block with more than five at a time has a crowd,
/// of which each owner comes and goes in logarithmic time. Owners stay where they are when there is
/// room in front of them again: the head may be empty while there is a crowd. The order of a B+tree
/// for all owners was built first, see `ExtentChunk`.
@safe struct ReverseMap: ~Copyable {
  /// How many owners a block's list has at most.
  static var listLimit: UInt32 { 4 }

  private struct Node {
    /// 0 where there is no owner.
    var inode: UInt32 = 0
    /// What comes behind; the node of a list has only the index of it.
    var next = Link()
    var block: UInt64 = 0
  }

  // SAFETY: `heads` has a node for each block of the group; `nodes` has `capacity` nodes, of which
  // index 0 is never used. Blocks are checked by the group.
  private let heads: UnsafeMutablePointer<Node>
  private let blockCount: Int
  private var nodes: UnsafeMutablePointer<Node>
  private let nodeLimit: UInt32
  private var capacity: UInt32 = 64
  private var used: UInt32 = 1
  private var free: UInt32 = 0
  /// The owners who found no room in a head or a list.
  private(set) var crowd = Crowd()

  /// Nobody refers to any of the blocks.
  ///
  /// - Parameters:
  ///   - blockCount: How many blocks there are.
  ///   - nodeLimit: Below which the nodes of lists are numbered; who finds none joins the crowd.
  init(blockCount: Int, nodeLimit: UInt32 = Link.indexLimit) {
    precondition(1...Link.indexLimit ~= nodeLimit, "a link has no more numbers")
    self.blockCount = blockCount
    self.nodeLimit = nodeLimit
    unsafe heads = .allocate(capacity: blockCount)
    unsafe heads.initialize(repeating: Node(), count: blockCount)
    unsafe nodes = .allocate(capacity: 64)
    unsafe nodes.initialize(repeating: Node(), count: 64)
  }

  deinit {
    unsafe heads.deallocate()
    unsafe nodes.deallocate()
  }

  /// How many owners all crowds have together.
  var crowdCount: Int { crowd.tree.count }

  /// Whether a block has a crowd.
  func isCrowded(_ block: UInt32) -> Bool { unsafe heads[Int(block)].next.isCrowded }

  /// Adds an owner to each of neighbouring blocks, whose file blocks are neighbours too.
  @inline(__always)
  mutating func insert(blocks: Range<UInt32>, inode: UInt32, first: UInt64) {
    var owned = first
    for block in blocks {
      let head = unsafe heads + Int(block)
      if unsafe head.pointee.inode == 0 {
        unsafe head.pointee.inode = inode
        unsafe head.pointee.block = owned
      } else {
        push(inode, owned, at: block)
      }
      owned &+= 1
    }
  }

  private mutating func push(_ inode: UInt32, _ owned: UInt64, at block: UInt32) {
    let link = unsafe heads[Int(block)].next
    if link.listed == Self.listLimit || (free == 0 && used >= nodeLimit) {
      crowd.insert(BlockOwner(inode: inode, block: owned), of: block)
      unsafe heads[Int(block)].next.isCrowded = true
      return
    }
    let index = take()
    unsafe nodes[Int(index)] = Node(inode: inode, next: Link(index: link.index), block: owned)
    unsafe heads[Int(block)].next = link.longer(from: index)
  }

  private mutating func take() -> UInt32 {
    if free != 0 {
      let index = free
      free = unsafe nodes[Int(index)].next.index
      return index
    }
    if used == capacity { grow() }
    used += 1
    return used - 1
  }

  private mutating func grow() {
    let wanted = capacity * 2
    let grown = UnsafeMutablePointer<Node>.allocate(capacity: Int(wanted))
    unsafe grown.initialize(from: nodes, count: Int(capacity))
    unsafe (grown + Int(capacity)).initialize(repeating: Node(), count: Int(wanted - capacity))
    unsafe nodes.deallocate()
    unsafe nodes = grown
    capacity = wanted
  }

  /// Removes an owner from each of neighbouring blocks; it must be one.
  @inline(__always)
  mutating func remove(blocks: Range<UInt32>, inode: UInt32, first: UInt64) {
    var owned = first
    for block in blocks {
      let head = unsafe heads + Int(block)
      if unsafe head.pointee.inode == inode && head.pointee.block == owned {
        let link = unsafe head.pointee.next
        if link.index == 0 {
          // The link stays: there may be a crowd.
          unsafe head.pointee = Node(inode: 0, next: link, block: 0)
        } else {
          let node = unsafe nodes[Int(link.index)]
          unsafe head.pointee = Node(
            inode: node.inode, next: link.shorter(from: node.next.index), block: node.block)
          giveBack(link.index)
        }
      } else {
        removeListed(inode, owned, at: block)
      }
      owned &+= 1
    }
  }

  private mutating func removeListed(_ inode: UInt32, _ owned: UInt64, at block: UInt32) {
    let link = unsafe heads[Int(block)].next
    var index = link.index
    var previous: UInt32 = 0
    while index != 0 {
      let node = unsafe nodes[Int(index)]
      if node.inode == inode && node.block == owned {
        if previous != 0 { unsafe nodes[Int(previous)].next = node.next }
        let start = previous == 0 ? node.next.index : link.index
        unsafe heads[Int(block)].next = link.shorter(from: start)
        giveBack(index)
        return
      }
      previous = index
      index = node.next.index
    }
    precondition(link.isCrowded, "an owner that is removed was one")
    if crowd.remove(BlockOwner(inode: inode, block: owned), of: block) {
      unsafe heads[Int(block)].next.isCrowded = false
    }
  }

  @inline(__always)
  private mutating func giveBack(_ index: UInt32) {
    unsafe nodes[Int(index)] = Node(inode: 0, next: Link(index: free), block: 0)
    free = index
  }

  /// Appends all who refer to a block.
  func owners(of block: UInt32, into owners: inout [BlockOwner]) {
    let head = unsafe heads[Int(block)]
    if head.inode != 0 { owners.append(BlockOwner(inode: head.inode, block: head.block)) }
    var index = head.next.index
    while index != 0 {
      let node = unsafe nodes[Int(index)]
      owners.append(BlockOwner(inode: node.inode, block: node.block))
      index = node.next.index
    }
    if head.next.isCrowded { crowd.append(of: block, into: &owners) }
  }
}
