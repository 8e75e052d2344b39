internal import Plan

/// What does writing dirty cache lines back cost, by instruction?
///
/// Each call dirties every line with one store, writes the lines back and fences; `none` does all
/// but the write-back, which is the price on a platform with eADR.
enum Flush {
  static let essential = [
    Workload(.flush, routines: Routines.flush, sizes: "64,4KiB", caches: [.l1], pages: [.any]),
    Workload(.flush, routines: Routines.flush, sizes: "2MiB", caches: [.memory], pages: [.any]),
  ]

  static let brief = [
    Workload(.flush, routines: Routines.flush, sizes: "4KiB", caches: [.l1], pages: [.any])
  ]

  static let suite = Suite(
    name: "flush",
    question: "What does writing dirty cache lines back cost, by instruction?",
    rounds: 15,
    workloads: essential + [
      Workload(.flush, routines: Routines.flush, sizes: "64:*2:4KiB", caches: [.l1], pages: [.any]),
      Workload(
        .flush, routines: Routines.flush, sizes: "4KiB:*8:2MiB", caches: [.llc, .memory],
        pages: [.any]),
    ])
}
