internal import Plan

/// The comparison of a dedupe, and what fragmentation adds to it.
///
/// Two files' ranges of `size_bytes` are walked extent by extent of `extent_bytes`; the extents of
/// either file lie scattered. Throughput counts the bytes really compared.
///
/// On the model a call is the comparison of two files with its checks and locks. With the source
/// `hole` both ranges are holes, but for the extent that differs: there one file has data.
enum Dedupe {
  static let essential = [
    Workload(
      .dedupe, routines: Routines.compare, sizes: "1MiB", extents: "4KiB,64KiB,1MiB",
      caches: [.memory], pages: [.any], mismatches: [.none]),
    Workload(
      .dedupe, routines: Routines.compare, sizes: "1MiB", extents: "64KiB", caches: [.memory],
      pages: [.any], mismatches: [.first, .middle, .last]),
    onModel(extents: "4KiB,1MiB", mismatches: [.none]),
    onModel(extents: "1MiB", mismatches: [.first, .last]),
    onModel(extents: "1MiB", sources: [.hole], mismatches: [.none]),
    Live.dedupes("1MiB", [.none, .first]),
  ]

  /// One comparison by the bare routine, the model, and this kernel.
  static let picture = [
    Workload(
      .dedupe, routines: ["auto"], sizes: "1MiB", extents: "1MiB", caches: [.memory],
      pages: [.any], mismatches: [.none]),
    onModel(["auto", "btrfs"], extents: "1MiB", mismatches: [.none]),
    Live.dedupes("1MiB", [.none]),
  ]

  static let brief = [
    Workload(
      .dedupe, routines: ["auto", "libc", "word-8"], sizes: "1MiB", extents: "64KiB",
      caches: [.memory], pages: [.any], mismatches: [.none, .middle])
  ]

  static let suite = Suite(
    name: "dedupe",
    question: "What does the comparison of a dedupe cost, and what does fragmentation add to it?",
    rounds: 16,
    workloads: essential + [
      Workload(
        .dedupe, routines: Routines.compare, sizes: "64KiB,1MiB,16MiB", extents: "4KiB:*4:1MiB",
        caches: [.llc, .memory], pages: [.any],
        mismatches: [.none, .first, .middle, .last]),
      Live.dedupes("128KiB", Mismatch.allCases), Live.dedupes("1MiB", Mismatch.allCases),
      Live.dedupes("128KiB", [.none], by: ["fideduperange-cold"]),
      Live.dedupes("1MiB", [.none], by: ["fideduperange-cold"]),
      onModel(
        ["auto", "btrfs"], extents: "4KiB,64KiB,1MiB", sources: [.mapped, .hole],
        mismatches: [.none, .first, .last]),
    ])

  private static func onModel(
    _ routines: [String] = ["auto"], extents: String, sources: [SourceState] = [.mapped],
    mismatches: [Mismatch]
  ) -> Workload {
    Workload(
      .dedupe, engine: Cell.modelEngine, routines: routines, sizes: "1MiB", extents: extents,
      sources: sources, caches: [.memory], pages: [.any], mismatches: mismatches)
  }
}
