internal import Plan

/// Comparing ranges that are equal, or differ somewhere.
enum Compare {
  static let essential = [
    Workload(
      .compare, routines: Routines.compare, sizes: "64,256,1KiB,4KiB", caches: [.l1], pages: [.any],
      mismatches: [.none]),
    Workload(
      .compare, routines: Routines.compare, sizes: "64KiB", caches: [.llc], pages: [.any],
      mismatches: [.none]),
    Workload(
      .compare, routines: Routines.compare, sizes: "2MiB", caches: [.memory], pages: [.any],
      mismatches: [.none]),
    Workload(
      .compare, routines: Routines.compare, sizes: "4KiB", caches: [.l1], pages: [.any],
      mismatches: [.first, .middle, .last]),
    Workload(
      .compare, routines: Routines.compare, sizes: "2MiB", caches: [.memory], pages: [.any],
      mismatches: [.first, .middle, .last]),
  ]

  static let brief = [
    Workload(
      .compare, routines: ["auto", "libc", "word-8"], sizes: "4KiB", caches: [.l1], pages: [.any],
      mismatches: [.none, .middle])
  ]

  static let suite = Suite(
    name: "compare",
    question: "How fast does a comparison find that two ranges are equal, or where they differ?",
    rounds: 16,
    workloads: essential + [
      Workload(
        .compare, routines: Routines.compare, sizes: "8,16,32,64:*2:4KiB", caches: [.l1],
        pages: [.any], mismatches: [.none, .last]),
      Workload(
        .compare, routines: Routines.compare, sizes: "4KiB:*4:4MiB", caches: [.llc, .memory],
        pages: [.any], mismatches: [.none]),
    ])
}
