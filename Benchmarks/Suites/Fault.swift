internal import Plan

/// Page faults, by class, page size and threads: of the running kernel, and of the model.
///
/// Of files, the pages are in the page cache: `read-mapped`, `write-mapped` and `write-after-read`
/// map them, `private-cow` copies one, and `shared-cow` makes the filesystem find a new block.
///
/// A call is one page touched. Each row carries the faults expected and those counted, and is
/// invalid when they differ by more than 1 %.
///
/// The model's `direct` calls its fault handler as the kernel would, with a share counter per
/// block; `direct-owners` and `direct-shadow` track sharers in the two other ways. `signal` and
/// `userfault` take real traps on a real mapping.
enum Fault {
  static let essential = [
    live([.anonymous, .memfd, .hugetlb], threads: [1, 2]),
    model(["direct"], modelAccesses),
    model(["direct-owners", "direct-shadow"], [.writeMapped, .sharedCow]),
    model(["direct"], [.writeMapped, .sharedCow], pages: [.huge]),
    model(Routines.modelTrap, [.writeMapped]),
    Live.faults([.writeMapped, .sharedCow]),
  ]

  static let brief = [live([.anonymous], threads: [1]), model(["direct"], [.sharedCow])]

  static let suite = Suite(
    name: "fault",
    question: "What does a page fault cost on this kernel and in the model, by class and page?",
    rounds: 16,
    workloads: [
      live([.anonymous, .memfd, .hugetlb], threads: [1, 2, 4]),
      model(Routines.modelFault, modelAccesses, pages: [.base, .huge], threads: [1, 2]),
      model(Routines.modelTrap, modelAccesses, pages: [.base, .huge]),
      Live.faults(
        [.readMapped, .writeMapped, .writeAfterRead, .privateCow, .sharedCow],
        pages: [.base, .huge], threads: [1, 2]),
    ])

  private static let liveAccesses: [FaultAccess] = [
    .readUntouched, .firstWrite, .writeAfterRead, .privateCow, .forkCow,
  ]

  private static let modelAccesses: [FaultAccess] = [
    .readMapped, .readUntouched, .firstWrite, .writeMapped, .sharedCow,
  ]

  private static func live(_ memory: [MemoryKind], threads: [Int]) -> Workload {
    Workload(
      .fault, engine: "live", routines: ["touch"], memory: memory, pages: [.base, .huge],
      accesses: liveAccesses, threads: threads)
  }

  private static func model(
    _ routines: [String], _ accesses: [FaultAccess], pages: [PageRequest] = [.base],
    threads: [Int] = [1]
  ) -> Workload {
    Workload(
      .fault, engine: Cell.modelEngine, routines: routines, pages: pages, accesses: accesses,
      threads: threads)
  }
}
