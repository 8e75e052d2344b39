internal import CHost
internal import Glibc

/// The machine's pool of preallocated 2 MiB pages.
public struct HugePagePool: Equatable, Sendable {
  /// The counts of the pool at one moment, in pages.
  public struct Counts: Equatable, Sendable {
    /// Pages in the pool.
    public let total: Int
    /// Pages nobody can claim already: free and not reserved for a mapping.
    public let available: Int
  }

  /// The folder the kernel keeps the counts in.
  public let directory: String

  /// The pool described by a folder, this machine's by default.
  public init(directory: String = "/sys/kernel/mm/hugepages/hugepages-2048kB") {
    self.directory = directory
  }

  /// Reads the counts, or nil when the kernel has no such pool.
  public var counts: Counts? {
    guard let total = TextFile.number("\(directory)/nr_hugepages"),
      let free = TextFile.number("\(directory)/free_hugepages"),
      let reserved = TextFile.number("\(directory)/resv_hugepages")
    else { return nil }
    return Counts(total: total, available: max(free - reserved, 0))
  }

  /// Grows the pool until `count` pages are available, and gives back what it took.
  ///
  /// Takes nothing when enough are available. One reservation of a pool exists at a time, on the
  /// whole machine: two that overlapped could not both put back what they found. It is held by a
  /// lock on the kernel's file, so it ends with its process however that ends; the pages come back
  /// by the reservation's deinit, by `release`, or by `releaseFromSignalHandler`.
  ///
  /// - Throws: `ArenaError`: EACCES when not root, ENOMEM when memory is too fragmented or small
  ///   (the pool is then as before), EBUSY while another reservation is held.
  public func reserve(_ count: Int) throws(ArenaError) -> HugePageReservation {
    precondition(count >= 0, "a number of pages")
    let what = "cannot reserve \(count) huge pages"
    let path = "\(directory)/nr_hugepages"
    let file: Descriptor
    do throws(ArenaError) {
      file = try Descriptor(opening: path, flags: O_WRONLY)
    } catch {
      let why =
        error.code == ENOENT
        ? "this kernel has no 2 MiB hugetlb pages" : "\(path) cannot be written; run as root"
      throw ArenaError("open", code: error.code, what, why: why)
    }
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      throw ArenaError("flock", code: EBUSY, what, why: "another reservation is held")
    }
    guard let found = counts else {
      throw ArenaError("open", code: ENOENT, what, why: "\(directory) has no counts")
    }
    let missing = max(count - found.available, 0)
    // SAFETY: the string is terminated and copied by the call.
    let code = unsafe chost_restore_arm(file.number, "\(found.total)\n")
    guard code == 0 else {
      throw ArenaError("reserve", code: code, what, why: "another reservation is held")
    }
    // From here on the deinit of the reservation puts the pool back, also when this throws.
    let reservation = HugePageReservation(
      pool: self, file: file, found: found.total, grown: missing)
    if missing > 0 {
      try reservation.write(found.total + missing)
      let available = counts?.available ?? 0
      guard available >= count else {
        throw ArenaError(
          "reserve", code: ENOMEM, what, why: "the kernel found memory for \(available) only")
      }
    }
    return reservation
  }

  /// Puts the former count back at once, if this process holds a reservation.
  ///
  /// For a signal handler: it makes one `write` of bytes prepared earlier. Pages still mapped
  /// leave the pool when they are unmapped, so a process that ends after this leaves none behind.
  public static func releaseFromSignalHandler() { chost_restore_now() }
}

/// Huge pages taken into the pool, given back when the owner goes.
public struct HugePageReservation: ~Copyable {
  /// Pages in the pool when the reservation began; it is never shrunk below this.
  public let foundCount: Int
  /// Pages added to the pool.
  public let grownCount: Int

  private let pool: HugePagePool
  private let file: Descriptor

  fileprivate init(pool: HugePagePool, file: consuming Descriptor, found: Int, grown: Int) {
    self.pool = pool
    self.file = file
    foundCount = found
    grownCount = grown
  }

  /// Gives the pages back now.
  public consuming func release() {
    // The deinit does it: consuming the value ends it here.
  }

  deinit {
    if grownCount > 0, let now = pool.counts?.total {
      // Others may have grown the pool meanwhile; their pages are theirs.
      let kept = max(foundCount, now - grownCount)
      if kept < now { try? write(kept) }
    }
    // Last, so that a signal before this line still gives the pages back.
    chost_restore_disarm()
  }

  /// Sets the pool's size.
  fileprivate borrowing func write(_ count: Int) throws(ArenaError) {
    var text = Array("\(count)\n".utf8)
    // SAFETY: the pointer is valid for the text's bytes during the call.
    let written = unsafe text.withUnsafeMutableBytes { bytes in
      unsafe pwrite(file.number, bytes.baseAddress, bytes.count, 0)
    }
    guard written == text.count else {
      throw ArenaError(
        "write", code: errno, "cannot set \(pool.directory)/nr_hugepages to \(count)")
    }
  }
}
