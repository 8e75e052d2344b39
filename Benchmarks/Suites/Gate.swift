internal import Plan

/// What a change is held against when nobody says more: each mechanism once or twice, by `auto`.
///
/// Few enough that a duel of all of them takes seconds, and enough to tell which mechanism moved.
enum Gate {
  static let suite = Suite(
    name: "gate",
    question: "Is a change slower? The cells of a duel, each mechanism once or twice.",
    rounds: 16,
    of: [
      ("copy", copies), ("compare", compares), ("zero", zeros), ("flush", flushes),
      ("cow-edge", edges), ("dedupe", dedupes), ("fault", faults),
    ])

  private static let copies = [
    Workload(
      .copy, routines: ["auto"], sizes: "4KiB", durable: false, caches: [.l1], pages: [.any]),
    Workload(
      .copy, routines: ["auto"], sizes: "64KiB", durable: false, caches: [.llc], pages: [.any]),
    Workload(
      .copy, routines: ["auto"], sizes: "4KiB", durable: true, caches: [.memory], pages: [.any]),
  ]

  private static let compares = [
    Workload(
      .compare, routines: ["auto"], sizes: "4KiB", caches: [.l1], pages: [.any],
      mismatches: [.none]),
    Workload(
      .compare, routines: ["auto"], sizes: "64KiB", caches: [.llc], pages: [.any],
      mismatches: [.none]),
  ]

  private static let zeros = [
    Workload(
      .zero, routines: ["auto"], sizes: "4KiB", durable: true, caches: [.memory], pages: [.any])
  ]

  /// Not in the first-level cache: the same few lines written back again and again take times that
  /// differ by a quarter between two processes of one build, for as long as they live.
  private static let flushes = [
    Workload(
      .flush, routines: ["clwb"], sizes: "4KiB", durable: true, caches: [.memory], pages: [.any])
  ]

  /// Not in the first-level cache either, where two processes of one build differ by 1 % for as
  /// long as they live: how the pages of block and data share its sets is drawn with them.
  private static let edges = [
    Workload(
      .cowEdge, routines: ["auto"], positions: "1000", lengths: "512", alignments: "4KiB",
      sources: [.mapped, .hole], durable: true, caches: [.memory], pages: [.any]),
    Workload(
      .cowEdge, routines: ["auto"], positions: "1", lengths: "4095", alignments: "4KiB",
      sources: [.mapped], durable: true, caches: [.memory], pages: [.any]),
    Workload(
      .cowEdge, engine: Cell.modelEngine, routines: ["auto"], positions: "1000", lengths: "512",
      alignments: "4KiB", sources: [.mapped], durable: true, caches: [.memory], pages: [.any]),
  ]

  private static let dedupes = [
    Workload(
      .dedupe, routines: ["auto"], sizes: "1MiB", extents: "64KiB", caches: [.memory],
      pages: [.any], mismatches: [.none])
  ]

  /// None of the running kernel: both sides of a duel have the same one, whatever was changed, and
  /// pairs of its faults spread by 5 to 9 %.
  private static let faults = [
    Workload(
      .fault, engine: Cell.modelEngine, routines: ["direct"], pages: [.base],
      accesses: [.sharedCow])
  ]
}
