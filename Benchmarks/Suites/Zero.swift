internal import Plan

/// Zeroing, and having the zeros durable, at each size.
///
/// On the model a range of a file is zeroed whose blocks another file shares: whole blocks, or 512
/// bytes inside one, of which the rest is then copied.
enum Zero {
  static let essential = [
    Workload(
      .zero, routines: Routines.zero, sizes: "64,256,1KiB,4KiB", durable: false, caches: [.l1],
      pages: [.any]),
    Workload(
      .zero, routines: Routines.zero, sizes: "64KiB", durable: false, caches: [.llc],
      pages: [.any]),
    Workload(
      .zero, routines: Routines.zero, sizes: "2MiB", durable: false, caches: [.memory],
      pages: [.any]),
    Workload(
      .zero, routines: Routines.durableZero, sizes: "64,256,1KiB,4KiB", durable: true,
      caches: [.l1], pages: [.any]),
    Workload(
      .zero, routines: Routines.durableZero, sizes: "4KiB,64KiB,2MiB", durable: true,
      caches: [.memory], pages: [.any]),
    onModel(sizes: "4KiB"), partOfBlock,
  ]

  static let brief = [
    Workload(
      .zero, routines: ["auto", "libc+clwb", "libpmem"], sizes: "4KiB", durable: true,
      caches: [.memory], pages: [.any])
  ]

  static let suite = Suite(
    name: "zero",
    question: "What does it cost to zero bytes, and to have the zeros durable, at each size?",
    rounds: 16,
    workloads: essential + [
      Workload(
        .zero, routines: Routines.zero, sizes: "1,8,16,32,64:*2:4KiB", durable: false,
        caches: [.l1], pages: [.any]),
      Workload(
        .zero, routines: Routines.zero, sizes: "64:*4:4MiB", durable: false,
        caches: [.llc, .memory], pages: [.any]),
      Workload(
        .zero, routines: Routines.durableZero + Routines.durableZeroByFlush, sizes: "64:*4:4MiB",
        durable: true, caches: [.memory], pages: [.any]),
      onModel(sizes: "4KiB,1MiB"),
    ])

  private static func onModel(sizes: String) -> Workload {
    Workload(
      .zero, engine: Cell.modelEngine, routines: ["auto"], sizes: sizes, sources: [.mapped],
      durable: true, caches: [.memory], pages: [.any])
  }

  private static let partOfBlock = Workload(
    .zero, engine: Cell.modelEngine, routines: ["auto"], positions: "1000", lengths: "512",
    alignments: "4KiB", sources: [.mapped], durable: true, caches: [.memory], pages: [.any])
}
