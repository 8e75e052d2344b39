internal import Plan

/// The bytes of the old block around a small copy-on-write.
///
/// A write of `length_bytes` at `position_bytes` lands in a fresh block of `alignment_bytes`. The
/// shapes are head and tail (1000, 512), head only (2048, 2048), tail only (0, 512), an edge of one
/// byte (1, 4095), and neither: the whole block, which is the copy of a copy-on-write fault.
///
/// On the model the write goes through the whole filesystem into a file that shares its blocks. The
/// source `mapped` is then data that another file holds as well; `auto` is the strict profile,
/// `upstream` the one with all hazards, `h3` leaves the copied edges unflushed, and `btrfs` writes
/// to new blocks always. `scattered` is `auto` where each write is the first in its window of 32
/// blocks, and allocates it; the others use up one window after another.
enum CowEdge {
  static let essential =
    shapes(routines: Routines.durableEdge, durable: true, cache: .memory)
    + [
      edge(Routines.edge, "1000", "512", sources: SourceState.allCases, durable: false, .memory),
      edge(
        Routines.durableEdge, "1000", "512", sources: [.hole, .unwritten], durable: true, .memory),
      edge(Routines.durableEdge, "1000", "512", durable: true, .l1),
      edge(Routines.edge, "1", "4095", durable: false, .l1),
      edge(Routines.edge, "0", "4096", durable: false, .l1),
      edge(
        Routines.edgeMap, "0,64,1000,2048,3500", "64,512,1500,3000", durable: true, .memory),
      edge(
        ["auto", "libpmem", "kernel", "libc+clwb"], "4096", "4096,1MiB", alignment: "2MiB",
        durable: true, .memory),
      edge(
        ["auto", "libpmem", "kernel", "libc+clwb"], "0", "2MiB", alignment: "2MiB", durable: true,
        .memory),
      onModel("1000", "512"),
      onModel("1000", "512", routines: ["auto"], sources: [.hole, .unwritten]),
      onModel("1000", "512", routines: ["scattered"]),
      onModel("0", "512", routines: ["auto"]),
      onModel("1", "4095", routines: ["auto"]),
      Live.edges(["buffered"]), Live.edges(["dsync"], durable: true),
    ]

  /// One write by the bare routine, the model, and this kernel.
  static let picture = [
    edge(["auto"], "1000", "512", durable: true, .memory),
    onModel("1000", "512", routines: ["auto", "btrfs"]),
    Live.edges(["buffered"]), Live.edges(["dsync"], durable: true),
  ]

  static let brief = [
    edge(
      ["auto", "libpmem", "kernel", "libc+clwb"], "1000", "512", sources: [.mapped, .hole],
      durable: true, .memory),
    edge(["auto", "libc", "kernel"], "1,1000", "512,4095", durable: false, .l1),
    onModel("1000", "512", routines: ["auto"]), Live.edges(["buffered"]),
  ]

  static let suite = Suite(
    name: "cow-edge",
    question: "What does a small copy-on-write cost: the old block's edges around the new bytes?",
    rounds: 16,
    workloads: essential + brief
      + shapes(routines: Routines.edge, durable: false, cache: .memory)
      + shapes(routines: Routines.edge, durable: false, cache: .l1)
      + shapes(routines: Routines.durableEdge, durable: true, cache: .l1)
      + [
        edge(
          Routines.edgeMap, "0:+256:4032", "1,64,128,256:+256:4096", durable: true, .memory),
        edge(
          Routines.durableEdge, "1000,4096,1MiB", "512,4096,1MiB", alignment: "2MiB",
          sources: SourceState.allCases, durable: true, .memory),
      ]
      + [("1000", "512"), ("0", "512"), ("1", "4095"), ("2048", "2048")].map {
        onModel($0.0, $0.1, sources: SourceState.allCases)
      }
      + [
        Live.edges(["buffered"], at: "0"), Live.edges(["buffered"], at: "1", "4095"),
        Live.edges(["direct"], at: "512"),
      ])

  private static func onModel(
    _ position: String, _ length: String, routines: [String] = Routines.modelEdge,
    sources: [SourceState] = [.mapped]
  ) -> Workload {
    Workload(
      .cowEdge, engine: Cell.modelEngine, routines: routines, positions: position, lengths: length,
      alignments: "4KiB", sources: sources, durable: true, caches: [.memory], pages: [.any])
  }

  private static func shapes(
    routines: [String], durable: Bool, cache: CacheState
  ) -> [Workload] {
    [("1000", "512"), ("2048", "2048"), ("0", "512"), ("1", "4095"), ("0", "4096")].map {
      edge(routines, $0.0, $0.1, durable: durable, cache)
    }
  }

  private static func edge(
    _ routines: [String], _ positions: String, _ lengths: String, alignment: String = "4KiB",
    sources: [SourceState] = [.mapped], durable: Bool, _ cache: CacheState
  ) -> Workload {
    Workload(
      .cowEdge, routines: routines, positions: positions, lengths: lengths, alignments: alignment,
      sources: sources, durable: durable, caches: [cache], pages: [.any])
  }
}
