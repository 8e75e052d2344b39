internal import Plan

/// Write-back of the dirty entries of a mapped file, against flushing as many bytes.
///
/// All of the range is dirty when the call begins.
enum Writeback {
  static let essential = [writebacks("4KiB")]

  static let brief = essential

  static let suite = Suite(
    name: "writeback",
    question: "What does syncing a mapped file cost, over writing its dirty lines back?",
    rounds: 16, workloads: [writebacks("4KiB,2MiB")])

  private static func writebacks(_ sizes: String) -> Workload {
    Workload(
      .writeback, engine: Cell.modelEngine, routines: ["auto"], sizes: sizes, durable: true,
      caches: [.memory], pages: [.any])
  }
}
