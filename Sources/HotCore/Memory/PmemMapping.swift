internal import CPmem
internal import Glibc

/// A file mapped by libpmem.
@safe
struct PmemMapping: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: immutable addresses of a mapping that this value alone owns.
  private let start: UnsafeMutableRawPointer
  /// Bytes mapped.
  let byteCount: Int
  /// Whether libpmem may flush from user space: true persistent memory, or so declared.
  let isPmem: Bool

  /// - Safety: valid while this value lives.
  @unsafe var base: UnsafeMutableRawPointer { unsafe start }

  /// Creates or extends the file, allocates its blocks, and maps all of it.
  ///
  /// libpmem places mappings at 2 MiB; a hint in its environment can break that, which is refused.
  init(path: String, byteCount: Int) throws(ArenaError) {
    // SAFETY: the string is terminated and alive during the calls.
    let isNew = unsafe access(path, F_OK) != 0
    var mapped = 0
    var persistent: CInt = 0
    // SAFETY: the out-parameters live through the call; the string is terminated.
    let address = unsafe pmem_map_file(
      path, byteCount, CInt(PMEM_FILE_CREATE), 0o600, &mapped, &persistent)
    guard let address = unsafe address else {
      let code = errno
      // On a full disk libpmem leaves the file it made.
      if isNew { unsafe unlink(path) }
      throw ArenaError("pmem_map_file", code: code, "cannot map \(byteCount) bytes of \(path)")
    }
    guard Int(bitPattern: address) % hugePageByteCount == 0 else {
      // SAFETY: the mapping made above, known to nobody else.
      unsafe pmem_unmap(address, mapped)
      throw ArenaError(
        "pmem_map_file", code: EINVAL, "cannot map \(path) at a multiple of 2 MiB",
        why: "libpmem chose another address; unset PMEM_MMAP_HINT")
    }
    unsafe start = address
    self.byteCount = mapped
    isPmem = persistent != 0
  }

  deinit {
    // SAFETY: this value owns the mapping and is its only holder.
    unsafe pmem_unmap(start, byteCount)
  }
}
