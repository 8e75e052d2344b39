internal import Plan

/// Giving a file blocks of its own: the copy of a copy-on-write without the write.
///
/// `h3` leaves the copies unflushed.
enum Unshare {
  static let essential = [unshares("4KiB", routines: ["auto", "h3"]), Live.unshares("4KiB")]

  static let brief = [unshares("4KiB", routines: ["auto"])]

  static let suite = Suite(
    name: "unshare",
    question: "What does it cost to give a file blocks of its own, over copying them?",
    rounds: 16,
    workloads: [
      unshares("4KiB,1MiB", routines: ["auto", "h3", "btrfs"]), Live.unshares("4KiB,1MiB"),
    ])

  private static func unshares(_ sizes: String, routines: [String]) -> Workload {
    Workload(
      .unshare, engine: Cell.modelEngine, routines: routines, sizes: sizes, durable: true,
      caches: [.memory], pages: [.any])
  }
}
