/// How the accesses to a trap range are caught.
public enum TrapMechanism: String, CaseIterable, Sendable {
  /// A SIGSEGV, handled on the faulting thread.
  ///
  /// System calls that access the range for their caller fail with EFAULT.
  case signal
  /// `userfaultfd`, handled on a thread that the range owns, while the faulting thread sleeps.
  case userfault
}

/// What a trap handler answers.
public enum TrapAnswer: UInt8, Sendable {
  /// The access is to be repeated: the page is mapped, or the next attempt asks again.
  case resolved = 0
  /// The access is a bus error.
  ///
  /// A guarded access reports it; any other raises SIGBUS, as the kernel does for a bad page.
  case sigbus = 1
}

/// Resolves an access to a page of a trap range; the answer is the raw value of a `TrapAnswer`.
///
/// Called with the context given to the range, the page's index, and whether the access is a
/// write, at any time on any number of threads, also for a page that another thread has just
/// mapped. It may map, protect and unmap pages of every range, take locks that no thread holds
/// while it accesses a range, and access other ranges; with `userfault` not its own one, whose
/// only handler thread it occupies.
public typealias TrapHandler =
  @convention(c) (UnsafeMutableRawPointer, Int, Bool) -> UInt8
