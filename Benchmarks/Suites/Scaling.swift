internal import Plan

/// Whether threads get in each other's way.
///
/// Writers and faulting threads have a file each. Readers share one, and `beside-clone` reads it
/// while one more thread clones it without a pause.
enum Scaling {
  static let essential = [
    writes, faults([.writeMapped]), reads(["beside-clone"], threads: [1, 2]),
  ]

  static let brief = [reads(["auto"], threads: [1])]

  static let suite = Suite(
    name: "scaling",
    question: "How much more do two threads get done than one, on two files and on the same?",
    rounds: 16,
    workloads: [
      writes, faults([.writeMapped, .sharedCow]),
      reads(["auto", "beside-clone"], threads: [1, 2]),
    ])

  private static let writes = Workload(
    .cowEdge, engine: Cell.modelEngine, routines: ["auto"], positions: "1000", lengths: "512",
    alignments: "4KiB", sources: [.mapped], durable: true, caches: [.memory], pages: [.any],
    threads: [1, 2])

  private static func faults(_ accesses: [FaultAccess]) -> Workload {
    Workload(
      .fault, engine: Cell.modelEngine, routines: ["direct"], pages: [.base], accesses: accesses,
      threads: [1, 2])
  }

  private static func reads(_ routines: [String], threads: [Int]) -> Workload {
    Workload(
      .read, engine: Cell.modelEngine, routines: routines, sizes: "64KiB", caches: [.memory],
      pages: [.any], threads: threads)
  }
}
