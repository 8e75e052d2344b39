/// A file block that refers to a device block.
struct BlockOwner: Hashable, Sendable {
  /// The file.
  var inode: UInt32
  /// The block of the file.
  var block: UInt64
}

/// Who refers to each device block: the first owner in a flat array, more of them in a list.
///
/// One owner costs one cache miss, whatever the volume looks like; a block that k files share costs
/// up to k steps to remove an owner, the latest one first. The order of a B+tree by device block,
/// file and file block was built first, see `ExtentChunk`.
@safe struct ReverseMap: ~Copyable {
  private struct Node {
    /// 0 where there is no owner.
    var inode: UInt32 = 0
    /// The index of the next owner's node, or 0.
    var next: UInt32 = 0
    var block: UInt64 = 0
  }

  // SAFETY: `heads` has a node for each block of the group; `nodes` has `capacity` nodes, of which
  // index 0 is never used. Blocks are checked by the group.
  private let heads: UnsafeMutablePointer<Node>
  private let blockCount: Int
  private var nodes: UnsafeMutablePointer<Node>
  private var capacity: UInt32 = 64
  private var used: UInt32 = 1
  private var free: UInt32 = 0

  /// Nobody refers to any of the blocks.
  init(blockCount: Int) {
    self.blockCount = blockCount
    unsafe heads = .allocate(capacity: blockCount)
    unsafe heads.initialize(repeating: Node(), count: blockCount)
    unsafe nodes = .allocate(capacity: 64)
    unsafe nodes.initialize(repeating: Node(), count: 64)
  }

  deinit {
    unsafe heads.deallocate()
    unsafe nodes.deallocate()
  }

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
    let index = take()
    unsafe nodes[Int(index)] = Node(
      inode: inode, next: heads[Int(block)].next, block: owned)
    unsafe heads[Int(block)].next = index
  }

  private mutating func take() -> UInt32 {
    if free != 0 {
      let index = free
      free = unsafe nodes[Int(index)].next
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
        let next = unsafe head.pointee.next
        if next == 0 {
          unsafe head.pointee = Node()
        } else {
          unsafe head.pointee = nodes[Int(next)]
          giveBack(next)
        }
      } else {
        removeListed(inode, owned, at: block)
      }
      owned &+= 1
    }
  }

  private mutating func removeListed(_ inode: UInt32, _ owned: UInt64, at block: UInt32) {
    var index = unsafe heads[Int(block)].next
    var previous: UInt32 = 0
    while index != 0 {
      let node = unsafe nodes[Int(index)]
      if node.inode == inode && node.block == owned {
        if previous == 0 {
          unsafe heads[Int(block)].next = node.next
        } else {
          unsafe nodes[Int(previous)].next = node.next
        }
        giveBack(index)
        return
      }
      previous = index
      index = node.next
    }
    preconditionFailure("an owner that is removed was one")
  }

  private mutating func giveBack(_ index: UInt32) {
    unsafe nodes[Int(index)] = Node(inode: 0, next: free, block: 0)
    free = index
  }

  /// Appends all who refer to a block.
  func owners(of block: UInt32, into owners: inout [BlockOwner]) {
    var node = unsafe heads[Int(block)]
    while node.inode != 0 {
      owners.append(BlockOwner(inode: node.inode, block: node.block))
      if node.next == 0 { return }
      node = unsafe nodes[Int(node.next)]
    }
  }
}
