internal import Plan

/// What looking an extent up adds: one file of 4 GiB, from one extent to 2^20.
///
/// Each call works on a random block of the file: a small copy-on-write, a read of 4 KiB, a
/// comparison of 4 KiB. The file is `size_bytes`, its extents are of `extent_bytes`, and
/// `length_bytes` is what one call works on.
enum Fragmentation {
  static let suite = Suite(
    name: "fragmentation",
    question: "What does the number of a file's extents, up to a million, add to one operation?",
    rounds: 8,
    workloads: writes(extents: sweep) + [
      block(.read, extents: sweep), block(.dedupe, extents: sweep, mismatches: [.none]),
    ])

  /// 2^20, 2^16, 2^10 and one extent.
  private static let sweep = "4KiB,64KiB,4MiB,4GiB"

  private static func writes(extents: String) -> [Workload] {
    [
      Workload(
        .cowEdge, engine: Cell.modelEngine, routines: ["auto"], sizes: "4GiB", positions: "1000",
        lengths: "512", alignments: "4KiB", extents: extents, sources: [.mapped], durable: true,
        caches: [.memory], pages: [.any])
    ]
  }

  private static func block(
    _ operation: Operation, extents: String, mismatches: [Mismatch] = []
  ) -> Workload {
    Workload(
      operation, engine: Cell.modelEngine, routines: ["auto"], sizes: "4GiB", lengths: "4KiB",
      extents: extents, caches: [.memory], pages: [.any], mismatches: mismatches)
  }
}
