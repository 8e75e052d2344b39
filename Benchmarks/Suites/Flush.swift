internal import Plan

/// Write-back of dirty cache lines, by instruction.
///
/// Each call dirties every line with one store, writes the lines back and fences; `none` does all
/// but the write-back, which is the price of the rest, and of durability with eADR.
enum Flush {
  static let essential = [
    Workload(
      .flush, routines: Routines.flush, sizes: "64,4KiB", durable: true, caches: [.l1],
      pages: [.any]),
    Workload(
      .flush, routines: Routines.flush, sizes: "2MiB", durable: true, caches: [.memory],
      pages: [.any]),
  ]

  static let brief = [
    Workload(
      .flush, routines: Routines.flush, sizes: "4KiB", durable: true, caches: [.l1], pages: [.any])
  ]

  static let suite = Suite(
    name: "flush",
    question: "What does writing dirty cache lines back cost, by instruction?",
    rounds: 16,
    workloads: essential + [
      Workload(
        .flush, routines: Routines.flush, sizes: "64:*2:4KiB", durable: true, caches: [.l1],
        pages: [.any]),
      Workload(
        .flush, routines: Routines.flush, sizes: "4KiB:*8:2MiB", durable: true,
        caches: [.llc, .memory],
        pages: [.any]),
    ])
}
