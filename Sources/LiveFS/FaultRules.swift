internal import HotCore

/// Which combinations of class, memory and page size mean something, and why the others do not.
///
/// Only what holds on every Linux is decided here; the rest shows in an exercise's pass of trial.
enum FaultRules {
  /// Refuses a combination that no kernel can give.
  static func check(
    _ access: FaultAccess, _ memory: FaultMemory, pageByteCount: Int
  ) throws(FaultError) {
    guard pageByteCount == basePageByteCount || pageByteCount == hugePageByteCount else {
      throw .unavailable(reason: "this kernel has no pages of \(pageByteCount) bytes")
    }
    switch (memory, access) {
    case (.hugetlb, _) where pageByteCount != hugePageByteCount:
      throw .unavailable(reason: "hugetlb pages are 2 MiB")
    case (.anonymous, .privateCow):
      throw .unavailable(reason: "anonymous memory has no file page to copy")
    case (.memfd, .forkCow):
      throw .unavailable(reason: "parent and child share a memory file's pages; no copy is made")
    default: break
    }
  }

  /// Refuses hugetlb memory the pool cannot serve: a copy needs each page a second time.
  static func checkPool(pages: Int, isCopy: Bool) throws(FaultError) {
    let needed = isCopy ? 2 * pages : pages
    let available = HugePagePool().counts?.available ?? 0
    guard available >= needed else {
      throw .unavailable(
        reason: "needs \(needed) free huge pages and \(available) are; use --reserve-hugepages")
    }
  }

  /// Judges the pass of trial.
  static func check(
    _ trial: FaultMeasurement, _ access: FaultAccess, _ memory: FaultMemory, pageByteCount: Int,
    obtained: PageProof
  ) throws(FaultError) {
    guard trial.faultsObserved * 100 > trial.touches else {
      throw .unavailable(
        reason: access == .writeAfterRead
          ? "no fault is taken: the kernel maps the page writable at the read already"
          : "no fault is taken: \(trial.touches) touches took \(trial.faultsObserved)")
    }
    // What a fault of the copying classes leaves behind is a result; what it found was proven
    // before. The other classes are asked to give a page of this size.
    if !access.isCopy, obtained.evidence != .none, obtained.bytesPerPage != pageByteCount {
      throw smallPages(memory, got: obtained.bytesPerPage)
    }
  }

  /// The refusal when huge pages were asked and others came.
  static func smallPages(_ memory: FaultMemory, got: Int) -> FaultError {
    let name = memory == .memfd ? "shmem_enabled" : "enabled"
    let setting =
      TextFile.choice("/sys/kernel/mm/transparent_hugepage/\(name)") ?? "missing from this kernel"
    return .unavailable(
      reason: "the kernel gave pages of \(got) bytes: transparent_hugepage/\(name) is \(setting)")
  }
}
