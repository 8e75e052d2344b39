internal import CHost
internal import Glibc

/// One owned mapping of memory to measure in: aligned to 2 MiB, faulted in, of proven page size.
///
/// Ranges that are not libpmem's have inaccessible guards of 2 MiB before their first and behind
/// their last page. Forked children inherit none unless asked. Creating an arena costs its page
/// faults; accessing it costs nothing.
@safe
public struct Arena: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: every stored address is immutable and of a mapping owned by this value;
  // shared bytes are reached through the unsafe base, whose users keep threads apart.

  /// What was asked to back the pages.
  public let backing: ArenaBacking
  /// Bytes of the arena, as asked.
  public let byteCount: Int
  /// Bytes really mapped: `byteCount` rounded up to pages, or the whole file with libpmem.
  public let mappedByteCount: Int
  /// The page size obtained and how it was proven.
  public let pages: PageProof
  /// Where the pages were bound.
  public let node: NodeBinding
  /// Whether libpmem may flush it from user space; false for every other backing.
  public let isPmem: Bool
  /// The descriptor of a memory file or file, to hand to another process; nil for other backings.
  ///
  /// It is marked close-on-exec, and stays the arena's: another process adopts a duplicate.
  public let descriptor: CInt?

  private let start: UnsafeMutableRawPointer
  private let range: AddressRange?
  private let pmem: PmemMapping?
  private let file: Descriptor?

  /// Maps and faults in an arena.
  ///
  /// - Parameters:
  ///   - backing: what backs the pages.
  ///   - byteCount: bytes to have; positive.
  ///   - node: the NUMA node to take pages from, or nil for no preference. Never a reason to fail:
  ///     `node` of the arena tells.
  /// - Throws: `ArenaError` when memory, hugetlb pages, space or permission is missing.
  public init(
    _ backing: ArenaBacking, byteCount: Int, node: Int? = nil
  ) throws(ArenaError) {
    guard byteCount > 0, byteCount <= addressableByteCount else {
      throw ArenaError("mmap", code: EINVAL, "cannot map \(backing.phrase(byteCount))")
    }
    switch backing {
    case .pmem(let path):
      try self.init(pmem: path, byteCount: byteCount, node: node)
    case .file(let path):
      let file = try dataFile(path, byteCount: byteCount)
      try self.init(backing, mapping: file, byteCount: byteCount, node: node)
    case .memfd(let pages):
      let length = roundUp(byteCount, to: backing.granuleByteCount)
      let file = try Descriptor.memoryFile(byteCount: length, isHugetlb: pages == .hugetlb)
      try self.init(backing, mapping: file, byteCount: byteCount, node: node)
    case .anonymous, .transparentHuge, .hugetlb:
      try self.init(backing, mapping: nil, byteCount: byteCount, node: node)
    }
  }

  /// Maps a memory file that another process made, sharing its bytes.
  ///
  /// - Parameters:
  ///   - descriptor: an open memory file, owned by the arena from here on, also when this throws.
  ///   - pages: the pages it was made of.
  ///   - byteCount: bytes to map; no more than the file has.
  /// - Throws: `ArenaError`, with EINVAL when the file is shorter than `byteCount`.
  public init(
    adopting descriptor: CInt, pages: ArenaBacking.MemfdPages, byteCount: Int
  ) throws(ArenaError) {
    let file = Descriptor(owning: descriptor)
    var status = stat()
    // SAFETY: the out-parameter lives through the call.
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw ArenaError("fstat", code: errno, "cannot adopt descriptor \(descriptor)")
    }
    guard byteCount > 0, Int(status.st_size) >= byteCount else {
      throw ArenaError(
        "fstat", code: EINVAL, "cannot adopt \(byteCount) bytes of descriptor \(descriptor)",
        why: "the memory file has \(status.st_size) bytes")
    }
    try self.init(.memfd(pages), mapping: file, byteCount: byteCount, node: nil)
  }

  private init(
    _ backing: ArenaBacking, mapping file: consuming Descriptor?, byteCount: Int, node: Int?
  ) throws(ArenaError) {
    let what = backing.phrase(byteCount)
    let range = try AddressRange(byteCount: byteCount)
    let length = roundUp(byteCount, to: backing.granuleByteCount)
    let number = file?.number ?? -1
    do throws(ArenaError) {
      try range.map(length, flags: mapFlags(backing), descriptor: number, what: what)
    } catch {
      throw explained(error, backing, what)
    }
    // A forked child that shared these pages would make the next write to each of them a fault.
    _ = range.advise(length, MADV_DONTFORK)
    // SAFETY: `length` bytes are mapped at the base, and no one else knows the address yet.
    let binding = unsafe NodeBinding.bind(range.base, byteCount: length, node: node)
    try settle(range, length: length, backing, what)
    self.node = binding
    descriptor = number < 0 ? nil : number
    pages = unsafe PageProof.of(range.base, byteCount: length)
    unsafe start = range.base
    self.backing = backing
    self.byteCount = byteCount
    mappedByteCount = length
    isPmem = false
    self.range = consume range
    self.file = consume file
    pmem = nil
  }

  private init(pmem path: String, byteCount: Int, node: Int?) throws(ArenaError) {
    let pmem = try PmemMapping(path: path, byteCount: byteCount)
    // SAFETY: libpmem mapped and allocated `pmem.byteCount` bytes at the base; no byte changes.
    let binding = unsafe NodeBinding.bind(pmem.base, byteCount: pmem.byteCount, node: node)
    let length = roundUp(pmem.byteCount, to: basePageByteCount)
    try unsafe faultIn(pmem.base, byteCount: length, what: "\(byteCount) bytes of \(path)")
    pages = unsafe PageProof.of(pmem.base, byteCount: length)
    unsafe start = pmem.base
    self.node = binding
    backing = .pmem(path: path)
    self.byteCount = byteCount
    mappedByteCount = pmem.byteCount
    isPmem = pmem.isPmem
    self.pmem = consume pmem
    descriptor = nil
    range = nil
    file = nil
  }

  /// The first byte, aligned to 2 MiB; `mappedByteCount` bytes follow.
  ///
  /// - Safety: valid while the arena lives. Threads that use it together keep to disjoint bytes.
  @unsafe public var base: UnsafeMutableRawPointer { unsafe start }

  /// Lets children forked from now on have the mapping, or keeps it from them again.
  ///
  /// Kept from them by default: a private page shared with a child would fault at its next write.
  /// libpmem's mappings are always inherited. Costs one system call.
  public func setInherited(byChildren isInherited: Bool) {
    _ = range?.advise(mappedByteCount, isInherited ? MADV_DOFORK : MADV_DONTFORK)
  }

  /// Lends the bytes for reading.
  public borrowing func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: `byteCount` bytes are mapped and initialised; the borrow keeps them so.
    try body(unsafe RawSpan(_unsafeStart: start, byteCount: byteCount))
  }

  /// Lends the bytes for writing.
  public mutating func withMutableBytes<Result, Failure: Error>(
    _ body: (inout MutableRawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: `byteCount` bytes are mapped and initialised; the exclusive access is this call's.
    var span = unsafe MutableRawSpan(_unsafeStart: start, byteCount: byteCount)
    return try body(&span)
  }
}

private func mapFlags(_ backing: ArenaBacking) -> CInt {
  switch backing {
  case .anonymous, .transparentHuge: MAP_PRIVATE | MAP_ANONYMOUS
  case .hugetlb: MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | CInt(CHOST_MAP_HUGE_2MB)
  case .memfd, .file, .pmem: MAP_SHARED
  }
}

/// Advises, faults in, and where huge pages were asked, collects what did not come by itself.
private func settle(
  _ range: borrowing AddressRange, length: Int, _ backing: ArenaBacking, _ what: String
) throws(ArenaError) {
  switch backing {
  case .anonymous, .memfd(.base), .file:
    // A kernel without huge pages refuses the advice; then there is nothing to decline.
    _ = range.advise(length, CInt(CHOST_MADV_NOHUGEPAGE))
    try range.faultIn(length, what: what)
  case .transparentHuge:
    _ = range.advise(length, CInt(CHOST_MADV_HUGEPAGE))
    try range.faultIn(length, what: what)
    // Best effort; the proof records what came of it.
    _ = range.advise(length, CInt(CHOST_MADV_COLLAPSE))
  case .memfd(.transparentHuge):
    // A memory file gets no huge pages by faulting while shmem_enabled says `never`. Collapsing is
    // allowed even then, and fills in what is missing: 202 MiB took 0.56 s with all pages present,
    // 0.02 s with one in each.
    _ = range.advise(length, CInt(CHOST_MADV_HUGEPAGE))
    // SAFETY: the bytes are mapped, and touching them changes none, whoever shares them.
    unsafe chost_fault_in(
      range.base.assumingMemoryBound(to: UInt8.self), length, hugePageByteCount)
    _ = range.advise(length, CInt(CHOST_MADV_COLLAPSE))
    try range.faultIn(length, what: what)
  case .hugetlb, .memfd(.hugetlb), .pmem:
    try range.faultIn(length, what: what)
  }
}

private func explained(_ error: ArenaError, _ backing: ArenaBacking, _ what: String) -> ArenaError {
  switch backing {
  case .hugetlb, .memfd(.hugetlb):
    guard error.code == ENOMEM else { return error }
    return ArenaError(
      error.operation, code: error.code, "cannot map \(what)",
      why: "too few 2 MiB pages are free; take them with --reserve-hugepages")
  default: return error
  }
}

/// Opens or creates a file of at least `byteCount` allocated bytes; a file made here and then not
/// allocated, as on a full disk, is removed again.
private func dataFile(_ path: String, byteCount: Int) throws(ArenaError) -> Descriptor {
  var isNew = true
  let file: Descriptor
  do throws(ArenaError) {
    file = try Descriptor(opening: path, flags: O_RDWR | O_CREAT | O_EXCL)
  } catch  where error.code == EEXIST {
    isNew = false
    file = try Descriptor(opening: path, flags: O_RDWR)
  }
  // Allocate, not only size: a full disk is an error here, and would be SIGBUS at the first touch.
  let code = posix_fallocate(file.number, 0, byteCount)
  guard code == 0 else {
    // SAFETY: the string is terminated and alive during the call.
    if isNew { unsafe unlink(path) }
    throw ArenaError("posix_fallocate", code: code, "cannot allocate \(byteCount) bytes of \(path)")
  }
  return file
}
