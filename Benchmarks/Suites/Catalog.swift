public import Plan

/// All suites, by the names typed after `--suite`.
public enum Catalog {
  /// The suites in the order `daxmark list` shows them.
  public static let suites: [Suite] = composed + families

  /// The suite of a name, or nil.
  public static func suite(named name: String) -> Suite? {
    suites.first { $0.name == name }
  }

  private static let families = [
    Copy.suite, Compare.suite, Zero.suite, Flush.suite, CowEdge.suite, CowBlock.suite,
    Dedupe.suite, Fault.suite, Clone.suite, Unshare.suite, Writeback.suite, Fragmentation.suite,
    Scaling.suite, Roofline.suite,
  ]

  private static let composed = [
    Suite(
      name: "default",
      question: "What do CoW writes, dedupes and page faults cost here, bare and in a filesystem?",
      rounds: 16,
      of: [
        ("copy", Copy.essential), ("compare", Compare.essential), ("zero", Zero.essential),
        ("flush", Flush.essential), ("cow-edge", CowEdge.essential),
        ("cow-block", CowBlock.essential), ("dedupe", Dedupe.essential),
        ("fault", Fault.essential), ("clone", Clone.essential), ("unshare", Unshare.essential),
        ("writeback", Writeback.essential),
        ("scaling", Scaling.essential),
      ]),
    Suite(
      name: "quick",
      question: "Is anything badly off? The fewest cells that touch every operation.",
      rounds: 8,
      of: [
        ("copy", Copy.brief), ("compare", Compare.brief), ("zero", Zero.brief),
        ("flush", Flush.brief), ("cow-edge", CowEdge.brief), ("cow-block", CowBlock.brief),
        ("dedupe", Dedupe.brief), ("fault", Fault.brief), ("clone", Clone.brief),
        ("unshare", Unshare.brief), ("writeback", Writeback.brief), ("scaling", Scaling.brief),
      ]),
    Gate.suite,
    Picture.suite,
    Suite(
      name: "full", question: "Everything: all families with all their axes.", rounds: 10,
      of: families.map { ($0.name, $0.workloads.map(\.workload)) }),
  ]
}
