internal import Plan

/// Sharing a range with another file: metadata alone, so the extents count and not the bytes.
enum Clone {
  static let essential = [
    clones("1MiB", extents: "4KiB,1MiB", routines: ["auto"]), Live.clones(["ficlone"], "1MiB"),
  ]

  static let brief = [clones("1MiB", extents: "1MiB", routines: ["auto"])]

  static let suite = Suite(
    name: "clone",
    question: "What does sharing a range with another file cost, and what does each extent add?",
    rounds: 16,
    workloads: [
      clones("1MiB,64MiB", extents: "4KiB,1MiB,64MiB", routines: ["auto", "btrfs"]),
      Live.clones(["ficlone", "ficlonerange"], "1MiB"),
      Live.clones(["ficlone", "ficlonerange"], "16MiB"),
    ])

  private static func clones(_ sizes: String, extents: String, routines: [String]) -> Workload {
    Workload(
      .clone, engine: Cell.modelEngine, routines: routines, sizes: sizes, extents: extents)
  }
}
