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
    Copy.suite, Compare.suite, Zero.suite, Flush.suite, CowEdge.suite, Dedupe.suite, Fault.suite,
    Roofline.suite,
  ]

  private static let composed = [
    Suite(
      name: "default",
      question: "What do CoW edge copies, dedupe compares and page faults cost on this machine?",
      rounds: 16,
      of: [
        ("copy", Copy.essential), ("compare", Compare.essential), ("zero", Zero.essential),
        ("flush", Flush.essential), ("cow-edge", CowEdge.essential), ("dedupe", Dedupe.essential),
        ("fault", Fault.essential),
      ]),
    Suite(
      name: "quick",
      question: "Is anything badly off? The fewest cells that touch every operation.",
      rounds: 8,
      of: [
        ("copy", Copy.brief), ("compare", Compare.brief), ("zero", Zero.brief),
        ("flush", Flush.brief), ("cow-edge", CowEdge.brief), ("dedupe", Dedupe.brief),
        ("fault", Fault.brief),
      ]),
    Suite(
      name: "full", question: "Everything: all families with all their axes.", rounds: 10,
      of: families.map { ($0.name, $0.workloads.map(\.workload)) }),
  ]
}
