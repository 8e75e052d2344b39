internal import CNuma

/// Whether an arena's pages were bound to a NUMA node.
public enum NodeBinding: Equatable, Sendable {
  /// The caller asked for no node: the kernel places pages near the core that touches them.
  case unbound
  /// Pages come from this node; on a machine with one node, trivially so.
  case bound(node: Int)
  /// The binding could not be made; the arena is placed by the kernel.
  case unavailable(reason: String)

  /// Asks libnuma to place the pages of a range on a node.
  ///
  /// Pages present already do not move.
  ///
  /// - Safety: `base` is the start of `byteCount` mapped bytes, owned by the caller.
  @unsafe static func bind(
    _ base: UnsafeMutableRawPointer, byteCount: Int, node: Int?
  ) -> NodeBinding {
    guard let node else { return .unbound }
    guard numa_available() >= 0 else {
      return .unavailable(reason: "the kernel has no NUMA support")
    }
    guard node >= 0, node <= Int(numa_max_node()),
      numa_node_size64(CInt(node), nil) > 0
    else { return .unavailable(reason: "this machine has no memory on node \(node)") }
    // SAFETY: the caller owns the range; only its placement policy changes.
    unsafe numa_tonode_memory(base, byteCount, CInt(node))
    return .bound(node: node)
  }
}
