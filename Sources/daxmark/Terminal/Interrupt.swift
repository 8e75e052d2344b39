internal import Glibc
internal import Synchronization

/// Ctrl-C and SIGTERM as a flag that the run asks between batches, so that nothing measured is
/// lost. A second signal ends the process at once.
enum Interrupt {
  private static let requested = Atomic<Bool>(false)

  /// Whether somebody asked to stop.
  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Takes over SIGINT and SIGTERM.
  static func install() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { received in
        // Only async-signal-safe work: an atomic store, and restoring the default.
        Interrupt.requested.store(true, ordering: .relaxed)
        signal(received, SIG_DFL)
      }
    }
  }
}
