/// The owner tree: for each frame a treap of who has it, so that every owner is found by name in
/// logarithmic time, and failure handling needs no reverse map.
struct OwnerTrees: FrameTracker, ~Copyable {
  private struct Node {
    var owner: BlockOwner
    var left: UInt32 = 0
    var right: UInt32 = 0
    var priority: UInt64

    init(_ owner: BlockOwner) {
      self.owner = owner
      // Finaliser of a hash: owners in a row must not make a list of the tree.
      var hash = owner.block &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(owner.inode)
      hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
      hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
      priority = hash ^ hash >> 31
    }
  }

  private var roots = [UInt32](repeating: 0, count: 512)
  private var counts = [UInt32](repeating: 0, count: 512)
  /// Node 0 stands for none; free ones are linked by `left`.
  private var nodes = [Node(BlockOwner(inode: 0, block: 0))]
  private var firstFree: UInt32 = 0

  init() {}

  mutating func associate(_ frame: Int, _ owner: BlockOwner, isShared: Bool) {
    if contains(roots[frame], owner) { return }
    let (left, right) = split(roots[frame], before: owner)
    roots[frame] = merge(merge(left, take(owner)), right)
    counts[frame] += 1
  }

  mutating func disassociate(_ frame: Int, _ owner: BlockOwner) {
    if let root = remove(roots[frame], owner) {
      roots[frame] = root
      counts[frame] -= 1
    }
  }

  func count(of frame: Int) -> Int { Int(counts[frame]) }

  func owners(of frame: Int) -> FrameOwners {
    var found: [BlockOwner] = []
    collect(roots[frame], into: &found)
    return .known(found)
  }

  private func precedes(_ left: BlockOwner, _ right: BlockOwner) -> Bool {
    left.inode != right.inode ? left.inode < right.inode : left.block < right.block
  }

  private func contains(_ root: UInt32, _ owner: BlockOwner) -> Bool {
    var node = root
    while node != 0 {
      let here = nodes[Int(node)]
      if here.owner == owner { return true }
      node = precedes(owner, here.owner) ? here.left : here.right
    }
    return false
  }

  private mutating func take(_ owner: BlockOwner) -> UInt32 {
    if firstFree != 0 {
      let node = firstFree
      firstFree = nodes[Int(node)].left
      nodes[Int(node)] = Node(owner)
      return node
    }
    nodes.append(Node(owner))
    return UInt32(nodes.count - 1)
  }

  /// What precedes an owner, and the rest.
  private mutating func split(_ root: UInt32, before owner: BlockOwner) -> (UInt32, UInt32) {
    if root == 0 { return (0, 0) }
    if precedes(nodes[Int(root)].owner, owner) {
      let (left, right) = split(nodes[Int(root)].right, before: owner)
      nodes[Int(root)].right = left
      return (root, right)
    }
    let (left, right) = split(nodes[Int(root)].left, before: owner)
    nodes[Int(root)].left = right
    return (left, root)
  }

  /// Two trees, all of the first before all of the second.
  private mutating func merge(_ left: UInt32, _ right: UInt32) -> UInt32 {
    if left == 0 || right == 0 { return left | right }
    if nodes[Int(left)].priority > nodes[Int(right)].priority {
      nodes[Int(left)].right = merge(nodes[Int(left)].right, right)
      return left
    }
    nodes[Int(right)].left = merge(left, nodes[Int(right)].left)
    return right
  }

  /// The tree without an owner, or nil when it is not there.
  private mutating func remove(_ root: UInt32, _ owner: BlockOwner) -> UInt32? {
    if root == 0 { return nil }
    let here = nodes[Int(root)]
    if here.owner == owner {
      let merged = merge(here.left, here.right)
      nodes[Int(root)].left = firstFree
      firstFree = root
      return merged
    }
    if precedes(owner, here.owner) {
      guard let left = remove(here.left, owner) else { return nil }
      nodes[Int(root)].left = left
    } else {
      guard let right = remove(here.right, owner) else { return nil }
      nodes[Int(root)].right = right
    }
    return root
  }

  private func collect(_ root: UInt32, into found: inout [BlockOwner]) {
    if root == 0 { return }
    collect(nodes[Int(root)].left, into: &found)
    found.append(nodes[Int(root)].owner)
    collect(nodes[Int(root)].right, into: &found)
  }
}
