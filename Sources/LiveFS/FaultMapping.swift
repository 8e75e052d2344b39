internal import CHost
internal import Glibc
internal import HotCore

/// The memory of an exercise, and how its pages are taken away again.
struct FaultMapping: ~Copyable {
  let range: AddressRange
  private let file: Descriptor?
  private let fileNumber: CInt
  private let access: FaultAccess
  private let memory: FaultMemory
  private let pageByteCount: Int

  /// Bytes mapped.
  var byteCount: Int { range.byteCount }

  /// Maps memory for a class; with a file to copy from, filled with the pattern.
  init(
    _ access: FaultAccess, _ memory: FaultMemory, pageByteCount: Int, byteCount: Int,
    pattern: borrowing FaultPattern
  ) throws(FaultError) {
    let isFile = memory == .memfd || (memory == .hugetlb && access == .privateCow)
    let range = try failing { () throws(ArenaError) in try AddressRange(byteCount: byteCount) }
    let file =
      isFile
      ? try failing { () throws(ArenaError) in
        try Descriptor.memoryFile(byteCount: byteCount, isHugetlb: memory == .hugetlb)
      } : nil
    // Checked before it becomes `self`: an initialiser cannot throw with a noncopyable `self` made.
    let made = FaultMapping(range, file, access, memory, pageByteCount: pageByteCount)
    if access == .privateCow { try made.fillFile(pattern) }
    try made.map(made.flags)
    self = made
  }

  private init(
    _ range: consuming AddressRange, _ file: consuming Descriptor?, _ access: FaultAccess,
    _ memory: FaultMemory, pageByteCount: Int
  ) {
    fileNumber = file?.number ?? -1
    self.range = range
    self.file = file
    self.access = access
    self.memory = memory
    self.pageByteCount = pageByteCount
  }

  /// Makes every page untouched again.
  func discard() throws(FaultError) {
    switch memory {
    case .anonymous: try call("madvise", range.advise(byteCount, MADV_DONTNEED))
    case .memfd where access == .privateCow:
      try call("madvise", range.advise(byteCount, MADV_DONTNEED))
    case .memfd: try punch()
    case .hugetlb: try map(flags)  // MADV_DONTNEED came to hugetlb only in Linux 5.18
    }
  }

  /// Lets the pages be shared with the child that `fork` makes, and with no other.
  func inherit(by fork: () throws(FaultError) -> Void) throws(FaultError) {
    try call("madvise", range.advise(byteCount, MADV_DOFORK))
    defer { _ = range.advise(byteCount, MADV_DONTFORK) }
    try fork()
  }

  /// Writes the pattern into every page, which makes them present.
  func fill(_ pattern: borrowing FaultPattern) {
    for index in 0..<byteCount / pageByteCount {
      // SAFETY: the range is mapped readable and writable, and the index counts its pages.
      unsafe pattern.write(range.base + index * pageByteCount, index: index)
    }
  }

  /// The page size of what is present.
  var pages: PageProof {
    // SAFETY: the range is mapped as long as this value lives.
    unsafe PageProof.of(range.base, byteCount: byteCount)
  }

  /// Reads a page of the file, whatever the private mapping holds.
  ///
  /// - Safety: `target` has room for a page.
  @unsafe func readFile(page index: Int, into target: UnsafeMutableRawPointer) -> Bool {
    unsafe pread(fileNumber, target, pageByteCount, index * pageByteCount) == pageByteCount
  }

  private var flags: CInt {
    switch (memory, access) {
    case (.anonymous, _): MAP_PRIVATE | MAP_ANONYMOUS
    case (.memfd, .privateCow), (.hugetlb, .privateCow): MAP_PRIVATE
    case (.memfd, _): MAP_SHARED
    case (.hugetlb, _):
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | CInt(CHOST_MAP_HUGE_2MB)
    }
  }

  private func map(_ flags: CInt) throws(FaultError) {
    let what = "\(byteCount) bytes of \(memory.rawValue) memory"
    do throws(ArenaError) {
      try range.map(byteCount, flags: flags, descriptor: fileNumber, what: what)
    } catch {
      if memory == .hugetlb && error.code == ENOMEM {
        throw .unavailable(reason: "too few huge pages are free for \(what)")
      }
      throw .failed(reason: error.description)
    }
    // A child that somebody else forks would hold the pages: touches become copies, and a pool of
    // huge pages that has one for each copy runs dry.
    _ = range.advise(byteCount, MADV_DONTFORK)
    if memory == .hugetlb { return }
    // A kernel without huge pages refuses either advice; the pages obtained will tell.
    let isHuge = pageByteCount == hugePageByteCount
    _ = range.advise(byteCount, CInt(isHuge ? CHOST_MADV_HUGEPAGE : CHOST_MADV_NOHUGEPAGE))
  }

  private func fillFile(_ pattern: borrowing FaultPattern) throws(FaultError) {
    try map(MAP_SHARED)
    fill(pattern)
    if memory == .memfd && pageByteCount == hugePageByteCount {
      // A memory file gets no huge pages by faulting while shmem_enabled says `never`; collapsing
      // is allowed even then.
      _ = range.advise(byteCount, CInt(CHOST_MADV_COLLAPSE))
    }
    guard pages.bytesPerPage >= pageByteCount else {
      throw FaultRules.smallPages(memory, got: pages.bytesPerPage)
    }
  }

  private func punch() throws(FaultError) {
    try call("fallocate", chost_punch_hole(fileNumber, byteCount))
  }

  private func call(_ name: String, _ code: CInt) throws(FaultError) {
    if code == 0 { return }
    throw .failed(reason: ArenaError(name, code: code, "cannot rearm the pages").description)
  }
}

/// Makes a refusal of memory a failed exercise.
private func failing<Value: ~Copyable>(
  _ body: () throws(ArenaError) -> Value
) throws(FaultError) -> Value {
  do throws(ArenaError) { return try body() } catch { throw .failed(reason: error.description) }
}
