internal import Glibc
internal import HotCore
internal import Synchronization

/// Ctrl-C, SIGTERM and a closed terminal as a flag.
///
/// The run asks it between batches, so that nothing measured is lost. A second one gives reserved
/// huge pages back and ends the process at once.
enum Interrupt {
  private static let requested = Atomic<Bool>(false)

  /// Whether somebody asked to stop.
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

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
        // Only async-signal-safe work: an atomic exchange, one write, _exit.
        if Interrupt.requested.exchange(true, ordering: .relaxed) {
          HugePagePool.releaseFromSignalHandler()
          _exit(130)
        }
      }
    }
  }
}
