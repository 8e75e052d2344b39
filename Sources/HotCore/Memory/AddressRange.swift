internal import CHost
internal import Glibc

/// Bytes of the huge page this package asks for: what one page-middle-directory entry maps.
public let hugePageByteCount = 2 << 20

/// Bytes of a base page.
public let basePageByteCount = Int(sysconf(CInt(_SC_PAGESIZE)))

/// Reserved address space, aligned to 2 MiB, with an inaccessible guard before and behind it.
///
/// What is mapped into the range is unmapped with it. Until then every byte is inaccessible, and
/// the 2 MiB on either side stay so, so that a kernel that runs over the end is caught.
@safe
public struct AddressRange: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: the fields are immutable addresses of a mapping owned by this value
  // alone; what lies there is reached only through operations that are marked unsafe.
  private let reservation: UnsafeMutableRawPointer
  private let reservedByteCount: Int
  private let start: UnsafeMutableRawPointer

  /// Bytes that may be mapped; a multiple of 2 MiB.
  public let byteCount: Int

  /// The first byte, aligned to 2 MiB.
  ///
  /// - Safety: nothing is accessible before `map`, and nothing after the range is gone.
  @unsafe public var base: UnsafeMutableRawPointer { unsafe start }

  /// Reserves at least `byteCount` bytes, rounded up to 2 MiB.
  ///
  /// - Throws: `ArenaError` from `mmap`, also for a byte count that is not positive.
  public init(byteCount: Int) throws(ArenaError) {
    guard byteCount > 0, byteCount <= addressableByteCount else {
      throw ArenaError("mmap", code: EINVAL, "cannot reserve \(byteCount) bytes of address space")
    }
    let usable = roundUp(byteCount, to: hugePageByteCount)
    let reserved = usable + 3 * hugePageByteCount
    // SAFETY: no address is given, so nothing that exists is replaced; MAP_FAILED is checked.
    let mapped = unsafe mmap(
      nil, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw ArenaError("mmap", code: errno, "cannot reserve \(byteCount) bytes of address space")
    }
    self.byteCount = usable
    reservedByteCount = reserved
    unsafe reservation = mapped
    let guarded = Int(bitPattern: mapped) + hugePageByteCount
    let skipped = roundUp(guarded, to: hugePageByteCount) - guarded
    unsafe start = mapped + hugePageByteCount + skipped
  }

  deinit {
    // SAFETY: this value owns the whole reservation and is its only holder.
    unsafe munmap(reservation, reservedByteCount)
  }

  /// Maps something readable and writable over the first `byteCount` bytes, in place of whatever
  /// was there.
  ///
  /// - Parameters:
  ///   - byteCount: a multiple of the page size of what is mapped, within the range.
  ///   - flags: `MAP_` flags; `MAP_FIXED` is added.
  ///   - descriptor: a file, mapped from its start, or -1.
  ///   - what: the subject of the error's sentence.
  /// - Throws: `ArenaError` from `mmap`; the range is then inaccessible.
  public func map(
    _ byteCount: Int, flags: CInt, descriptor: CInt = -1, what: String
  ) throws(ArenaError) {
    precondition(byteCount > 0 && byteCount <= self.byteCount, "the mapping lies in the range")
    // First give up what is there: hugetlb pages are free again before they are asked for anew.
    // SAFETY: both calls replace addresses inside the reservation that this value owns.
    let none = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED
    let mapped = unsafe mmap(start, self.byteCount, PROT_NONE, none, -1, 0)
    guard unsafe mapped != MAP_FAILED else {
      throw ArenaError("mmap", code: errno, "cannot map \(what)")
    }
    let access = PROT_READ | PROT_WRITE
    guard unsafe mmap(start, byteCount, access, flags | MAP_FIXED, descriptor, 0) != MAP_FAILED
    else { throw ArenaError("mmap", code: errno, "cannot map \(what)") }
  }

  /// Gives the kernel advice about the first `byteCount` bytes; 0, or the errno value.
  public func advise(_ byteCount: Int, _ advice: CInt) -> CInt {
    precondition(byteCount > 0 && byteCount <= self.byteCount, "the advice lies in the range")
    // SAFETY: the addresses are this value's own; MADV_DONTNEED and its kind change bytes that
    // nobody may hold a span over, since access needs a borrow or an unsafe pointer.
    return unsafe madvise(start, byteCount, advice) == 0 ? 0 : errno
  }

  /// Makes every page of the first `byteCount` bytes present and writable; no byte changes.
  ///
  /// - Throws: `ArenaError` from `madvise`, with ENOMEM when memory is short.
  public func faultIn(_ byteCount: Int, what: String) throws(ArenaError) {
    precondition(byteCount > 0 && byteCount <= self.byteCount, "the bytes lie in the range")
    // SAFETY: the caller has mapped the bytes; `map` makes them readable and writable.
    try unsafe HotCore.faultIn(start, byteCount: byteCount, what: what)
  }
}

/// Makes every page of a mapping present and writable; no byte changes.
///
/// - Safety: `byteCount` bytes from `base`, on a page boundary, are mapped readable and writable.
@unsafe func faultIn(
  _ base: UnsafeMutableRawPointer, byteCount: Int, what: String
) throws(ArenaError) {
  // SAFETY: the caller vouches for the bytes.
  if unsafe madvise(base, byteCount, CInt(CHOST_MADV_POPULATE_WRITE)) == 0 { return }
  let code = errno
  guard code == EINVAL else { throw ArenaError("madvise", code: code, "cannot fault in \(what)") }
  unsafe chost_fault_in(base.assumingMemoryBound(to: UInt8.self), byteCount, basePageByteCount)
}

/// More bytes than any machine maps, and few enough that rounding them up does not overflow.
let addressableByteCount = 1 << 56

/// The smallest multiple of a power of two that is not below `value`.
func roundUp(_ value: Int, to alignment: Int) -> Int { (value + alignment - 1) & ~(alignment - 1) }
