internal import Plan

/// The comparison of a dedupe, and what fragmentation adds to it.
///
/// Two files' ranges of `size_bytes` are walked extent by extent of `extent_bytes`; the extents of
/// either file lie scattered. Throughput counts the bytes really compared.
enum Dedupe {
  static let essential = [
    Workload(
      .dedupe, routines: Routines.compare, sizes: "1MiB", extents: "4KiB,64KiB,1MiB",
      caches: [.memory], pages: [.any], mismatches: [.none]),
    Workload(
      .dedupe, routines: Routines.compare, sizes: "1MiB", extents: "64KiB", caches: [.memory],
      pages: [.any], mismatches: [.first, .middle, .last]),
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
        caches: [.llc, .memory], pages: [.any], mismatches: Mismatch.allCases)
    ])
}
