internal import Plan

/// Page faults of the running kernel, by class, page size and threads.
///
/// A call is one page touched. Each row carries the faults expected and those the kernel counted,
/// and is invalid when they differ by more than 1 %.
enum Fault {
  static let essential = [fault([.anonymous, .memfd, .hugetlb], threads: [1, 2])]

  static let brief = [fault([.anonymous], threads: [1])]

  static let suite = Suite(
    name: "fault",
    question: "What does a page fault cost on this kernel, by class, page size and threads?",
    rounds: 16,
    workloads: [fault(MemoryKind.allCases, threads: [1, 2, 4])])

  private static func fault(_ memory: [MemoryKind], threads: [Int]) -> Workload {
    Workload(
      .fault, engine: "live", routines: ["touch"], memory: memory, pages: [.base, .huge],
      accesses: FaultAccess.allCases, threads: threads)
  }
}
