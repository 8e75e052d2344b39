internal import CHost
internal import Glibc

/// Reserved addresses whose accesses call a handler, which maps pages of a memory file there.
///
/// Every access to a page that is not mapped traps, and every write to a page that is mapped
/// read-only. All methods may be called from several threads, and from handlers. Accesses are the
/// caller's to keep within the range's life. Forked children do not get working traps. Neighbours
/// in the range that are neighbours in the file too share one mapping of the kernel; all others
/// cost one each, of which a process has `vm.max_map_count`.
@safe
public struct TrapRange: ~Copyable, Sendable {
  /// Ranges that can exist at one time.
  public static let capacity: Int = CHOST_TRAP_CAPACITY

  /// Bytes of a page, the unit of all indices and counts.
  public static let pageByteCount: Int = CHOST_TRAP_PAGE_BYTES

  /// How accesses are caught.
  public let mechanism: TrapMechanism

  private let number: Int32
  private let range: AddressRange

  /// Reserves addresses and starts trapping.
  ///
  /// - Parameters:
  ///   - byteCount: bytes to reserve, rounded up to 2 MiB: the handler judges what lies behind.
  ///   - mechanism: how accesses are caught.
  ///   - descriptor: the memory file that pages are mapped from, open for reading and writing, not
  ///     of hugetlb pages. The range keeps a duplicate.
  ///   - context: what the handler is called with.
  ///   - handler: resolves accesses.
  /// - Throws: `ArenaError`: ENOSPC when `capacity` ranges exist, the errno value of `userfaultfd`
  ///   where that is not to be had, or of another call that failed.
  /// - Safety: the context is valid for the handler, on any thread, as long as the range lives.
  @unsafe public init(
    byteCount: Int, mechanism: TrapMechanism, descriptor: CInt,
    context: UnsafeMutableRawPointer, handler: TrapHandler
  ) throws(ArenaError) {
    let range = try AddressRange(byteCount: byteCount)
    // SAFETY: the addresses are reserved and this value's own; the caller vouches for the context.
    let request = unsafe chost_trap_request(
      base: range.base, byte_count: range.byteCount,
      mechanism: mechanism == .signal ? Int32(CHOST_TRAP_SIGNAL) : Int32(CHOST_TRAP_USERFAULT),
      descriptor: descriptor, handler: handler, context: context)
    var operation: UnsafePointer<CChar>?
    // SAFETY: the out-parameter lives through the call; it is set to a literal.
    let number = unsafe chost_trap_create(request, &operation)
    guard number >= 0 else {
      let call = unsafe operation.map { unsafe String(cString: $0) } ?? "mmap"
      throw refusal(call, code: -number, mechanism)
    }
    self.mechanism = mechanism
    self.number = number
    self.range = consume range
  }

  deinit {
    precondition(!chost_trap_is_handler(number), "a range does not go in its own handler")
    chost_trap_destroy(number)
  }

  /// Whether any of the bytes lies in a trap range, so that accesses may call a handler.
  ///
  /// - Parameters:
  ///   - start: the first byte's address.
  ///   - byteCount: bytes; not negative.
  /// - Returns: false where no range exists, after one load.
  /// - Safety: nothing is accessed; ranges that come or go meanwhile may be seen or not.
  @unsafe public static func meets(_ start: UnsafeRawPointer, _ byteCount: Int) -> Bool {
    // SAFETY: only the address is looked at.
    unsafe chost_trap_meets(start, byteCount)
  }

  /// Bytes of the range; a multiple of 2 MiB.
  public var byteCount: Int { range.byteCount }

  /// The first byte, aligned to 2 MiB.
  ///
  /// - Safety: valid while the range lives; accesses call the handler.
  @unsafe public var base: UnsafeMutableRawPointer { unsafe range.base }

  /// Maps pages of the memory file; they are present and are read without a trap from now on.
  ///
  /// Whatever the pages were before is replaced, so mapping twice is harmless.
  ///
  /// - Parameters:
  ///   - page: the first page's index in the range.
  ///   - count: pages; 512 from a multiple of 512 make a huge page where the file has one.
  ///   - fileOffset: where the first page begins in the file; a multiple of a page.
  ///   - isWritable: whether writes reach the page; otherwise they trap.
  /// - Throws: `ArenaError`, with EINVAL for what lies outside of range or file, and with ENOMEM
  ///   when the process has too many mappings. The pages then are as they were or trap.
  public func map(
    page: Int, count: Int = 1, fileOffset: Int, isWritable: Bool
  ) throws(ArenaError) {
    let code = chost_trap_map(number, page, count, Int64(fileOffset), isWritable)
    guard code == 0 else {
      throw failure("mmap", code, "map \(count) pages of the file at \(fileOffset)", page)
    }
  }

  /// Maps the shared page of zeros: reads are zero, a write traps.
  ///
  /// - Throws: `ArenaError`, as `map` does.
  public func mapZero(page: Int, count: Int = 1) throws(ArenaError) {
    let code = chost_trap_map_zero(number, page, count)
    guard code == 0 else { throw failure("mmap", code, "map \(count) pages of zeros", page) }
  }

  /// Makes the next write to each page trap that is mapped writable, as write-back does.
  ///
  /// When it returns, no write that did not trap is still to come. Other pages stay as they are.
  ///
  /// - Throws: `ArenaError`, as `map` does; some of the pages may be protected then.
  public func protect(page: Int, count: Int = 1) throws(ArenaError) {
    let code = chost_trap_protect(number, page, count)
    guard code == 0 else { throw failure("mprotect", code, "protect \(count) pages", page) }
  }

  /// Makes every access to the pages trap again.
  ///
  /// - Throws: `ArenaError`, as `map` does.
  public func unmap(page: Int, count: Int = 1) throws(ArenaError) {
    let code = chost_trap_unmap(number, page, count)
    guard code == 0 else { throw failure("mmap", code, "unmap \(count) pages", page) }
  }
}

/// The error of a page operation, which says what to do when mappings run out.
private func failure(_ call: String, _ code: CInt, _ what: String, _ page: Int) -> ArenaError {
  let hint = code == ENOMEM ? "too many mappings, raise vm.max_map_count" : nil
  return ArenaError(call, code: code, "cannot \(what) at page \(page) of a trap range", why: hint)
}

/// The error of a range that cannot be, which says what to do where something can be done.
private func refusal(_ call: String, code: CInt, _ mechanism: TrapMechanism) -> ArenaError {
  let reason: String? =
    switch (call, code) {
    case ("chost_trap_create", ENOSPC): "\(TrapRange.capacity) ranges exist already"
    case ("userfaultfd", EPERM), ("userfaultfd", ENOSYS), ("userfaultfd", EOPNOTSUPP):
      "this kernel does not offer it here, which takes Linux 5.19; use the signal mechanism"
    default: nil
    }
  return ArenaError(
    call, code: code, "cannot trap accesses by \(mechanism.rawValue)", why: reason)
}
