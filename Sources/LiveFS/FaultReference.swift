internal import CHost
internal import Glibc
internal import HotCore

/// FNV-1a, 64 bits, of the text of `Sources/CHost/reference_touch.c`.
public let frozenFaultReferenceHash: UInt64 = 0xfb116ac2a01c5322

/// The frozen reference of faults: first write of 4 KiB pages of anonymous memory.
///
/// Stored baselines are ratios to it. The loop, the page size and what is timed never change.
/// It runs on the calling thread.
public struct FaultReference: ~Copyable {
  /// Bytes of a page.
  public static let pageByteCount = 4096
  /// Pages that can be touched in a run.
  public let pages: Int
  private let range: AddressRange

  /// Maps at least `byteCount` bytes, rounded up to 2 MiB.
  ///
  /// - Throws: `FaultError.failed` when memory cannot be mapped.
  public init(byteCount: Int) throws(FaultError) {
    do throws(ArenaError) {
      let range = try AddressRange(byteCount: byteCount)
      try range.map(
        range.byteCount, flags: MAP_PRIVATE | MAP_ANONYMOUS, what: "the fault reference")
      _ = range.advise(range.byteCount, CInt(CHOST_MADV_NOHUGEPAGE))
      pages = range.byteCount / Self.pageByteCount
      self.range = range
    } catch {
      throw .failed(reason: error.description)
    }
  }

  /// Takes the pages away again.
  ///
  /// Not timed.
  ///
  /// - Throws: `FaultError.failed` when the kernel refuses.
  public mutating func rearm() throws(FaultError) {
    let code = range.advise(range.byteCount, MADV_DONTNEED)
    guard code == 0 else { throw .failed(reason: "cannot take pages away: errno \(code)") }
  }

  /// Touches the first pages, the timed part.
  ///
  /// - Parameter pages: at most `pages` of the reference.
  /// - Returns: times and counts of the touching alone.
  public mutating func run(pages: Int) -> FaultMeasurement {
    precondition(pages > 0 && pages <= self.pages, "the pages lie in the mapping")
    var before = chost_usage()
    var after = chost_usage()
    // SAFETY: the out-parameters live through the calls; the pages are mapped and writable.
    unsafe chost_thread_usage(&before)
    let wall = chost_wall_ns()
    let cpu = chost_thread_cpu_ns()
    unsafe chost_reference_touch(range.base.assumingMemoryBound(to: UInt8.self), pages)
    let cpuEnd = chost_thread_cpu_ns()
    let wallEnd = chost_wall_ns()
    unsafe chost_thread_usage(&after)
    return FaultMeasurement(
      touches: pages, cpuNanoseconds: Int(cpuEnd - cpu), wallNanoseconds: Int(wallEnd - wall),
      faultsExpected: pages, faultsObserved: Int(after.minor_faults - before.minor_faults),
      involuntarySwitches: Int(after.involuntary_switches - before.involuntary_switches))
  }

  /// Checks that the first pages hold the byte written and zeros.
  ///
  /// - Throws: `FaultError.failed` naming the first page that is wrong.
  public func verify(pages: Int) throws(FaultError) {
    precondition(pages > 0 && pages <= self.pages, "the pages lie in the mapping")
    for page in 0..<pages {
      // SAFETY: the page lies in the mapping.
      let words = unsafe UnsafeRawBufferPointer(
        start: range.base + page * Self.pageByteCount, count: Self.pageByteCount)
      let rest = unsafe words.dropFirst().allSatisfy { $0 == 0 }
      guard unsafe words[0] == 1, rest else {
        throw .failed(reason: "page \(page) of the fault reference holds other bytes")
      }
    }
  }
}
