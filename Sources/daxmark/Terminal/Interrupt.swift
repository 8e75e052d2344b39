internal import Glibc
internal import HotCore
internal import Runner
internal import Synchronization

/// Ctrl-C, SIGTERM and a closed terminal as a flag.
///
/// The run asks it between batches, so that nothing measured is lost. A second one gives reserved
/// huge pages back and ends the process at once, with all workers.
enum Interrupt {
  private static let requested = Atomic<Bool>(false)
  private static let isCleaningUp = Atomic<Bool>(false)

  /// Whether somebody asked to stop.
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Runs a body that answers a request to stop within seconds and then cleans up after itself.
  ///
  /// A second signal must not end it half-way: who is asked twice at once, by a terminal and a
  /// script for instance, would leave a build running that nobody ends any more.
  static func answeredOnce<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = isCleaningUp.exchange(true, ordering: .relaxed)
    defer { isCleaningUp.store(before, ordering: .relaxed) }
    return try body()
  }

  /// Takes over SIGINT, SIGTERM and SIGHUP.
  static func install() {
    // Whoever started us may have blocked them (threads of a pool do), and a child inherits that.
    var signals = sigset_t()
    // SAFETY: one signal set, alive for the calls.
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { _ in
        // Only async-signal-safe work: atomics, one write, kill, _exit.
        let isRepeated = Interrupt.requested.exchange(true, ordering: .relaxed)
        if isRepeated, !Interrupt.isCleaningUp.load(ordering: .relaxed) {
          HugePagePool.releaseFromSignalHandler()
          // A worker that hangs does not see its input close.
          LiveChildren.killFromSignalHandler()
          _exit(130)
        }
      }
    }
  }
}
