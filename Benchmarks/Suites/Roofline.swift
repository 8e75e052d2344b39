internal import Plan

/// Reading, storing and copying as fast as the machine can, in each level of its memory.
enum Roofline {
  static let suite = Suite(
    name: "roofline",
    question: "How fast can this machine read, store and copy at all, in each level of its memory?",
    rounds: 16,
    workloads: [
      ("8KiB", CacheState.l1), ("256KiB", .llc), ("2MiB", .memory),
    ].map { sizes, cache in
      Workload(
        .roofline, routines: RooflineKind.allCases.flatMap(\.routines), sizes: sizes,
        caches: [cache])
    })
}
