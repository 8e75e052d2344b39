internal import Plan

/// Work on files of the running kernel.
///
/// A suite asks for every filesystem; a plan keeps those that a directory was given for. Writes are
/// `buffered`, `direct` (past the page cache) or `dsync` (durable when they return); a `buffered`
/// one leaves the copy to the write-back, which its row does not count.
enum Live {
  static let filesystems = MemoryKind.allCases.filter(\.isFilesystem)

  /// Writes of less than a block into blocks that another file shares.
  static func edges(
    _ routines: [String], at position: String = "1000", _ lengths: String = "512",
    durable: Bool = false
  ) -> Workload {
    Workload(
      .cowEdge, engine: Cell.liveEngine, routines: routines, positions: position, lengths: lengths,
      alignments: "4KiB", sources: [.mapped], durable: durable, memory: filesystems)
  }

  /// Writes of whole blocks that another file shares.
  static func blocks(_ routines: [String], _ sizes: String, durable: Bool = false) -> Workload {
    Workload(
      .cowBlock, engine: Cell.liveEngine, routines: routines, sizes: sizes, sources: [.mapped],
      durable: durable, memory: filesystems)
  }

  /// Dedupes of a range within one extent.
  static func dedupes(
    _ size: String, _ mismatches: [Mismatch], by routines: [String] = ["fideduperange"]
  ) -> Workload {
    Workload(
      .dedupe, engine: Cell.liveEngine, routines: routines, sizes: size, extents: size,
      memory: filesystems, mismatches: mismatches)
  }

  /// Clones of one extent.
  static func clones(_ routines: [String], _ size: String) -> Workload {
    Workload(
      .clone, engine: Cell.liveEngine, routines: routines, sizes: size, extents: size,
      memory: filesystems)
  }

  /// Unsharing, which writes the copies to the device.
  static func unshares(_ sizes: String) -> Workload {
    Workload(
      .unshare, engine: Cell.liveEngine, routines: ["fallocate"], sizes: sizes,
      memory: filesystems)
  }

  /// Touches of mapped pages of a file that is in the page cache.
  static func faults(
    _ accesses: [FaultAccess], pages: [PageRequest] = [.base], threads: [Int] = [1]
  ) -> Workload {
    Workload(
      .fault, engine: Cell.liveEngine, routines: ["touch"], memory: filesystems, pages: pages,
      accesses: accesses, threads: threads)
  }
}
