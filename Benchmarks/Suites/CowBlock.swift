internal import Plan

/// Aligned writes of whole blocks to an extent that another file shares.
///
/// Nothing of the old blocks is copied: new ones are allocated, written, and put in their place.
/// `h8` copies the old blocks first and then overwrites all of it; the others are as for small
/// writes.
enum CowBlock {
  static let essential = [
    blocks("4KiB"), blocks("2MiB", routines: ["auto", "h8"]), Live.blocks(["buffered"], "4KiB"),
  ]

  static let brief = [blocks("4KiB", routines: ["auto"])]

  static let suite = Suite(
    name: "cow-block",
    question: "What does a write of whole blocks cost where they are shared, over copying them?",
    rounds: 16,
    workloads: [
      blocks("4KiB,64KiB,2MiB"), Live.blocks(["buffered", "direct"], "4KiB,1MiB"),
      Live.blocks(["dsync"], "4KiB,1MiB", durable: true),
    ])

  private static func blocks(
    _ sizes: String, routines: [String] = Routines.modelBlock
  ) -> Workload {
    Workload(
      .cowBlock, engine: Cell.modelEngine, routines: routines, sizes: sizes, sources: [.mapped],
      durable: true, caches: [.memory], pages: [.any])
  }
}
