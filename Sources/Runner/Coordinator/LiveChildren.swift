internal import Glibc
internal import Synchronization

/// The processes that were started and not yet collected, each the leader of a group of its own.
///
/// A worker ends when its input closes, unless it hangs; so whoever ends us at once, without
/// letting anything clean up after itself, has to end these as well.
public enum LiveChildren {
  /// More than are ever alive at once; one beyond is not noted, and ends on its closed input alone.
  private static let capacity = 16

  /// Their ids; 0 where there is none.
  private static let slots = Slots()

  private struct Slots: ~Copyable {
    let ids = InlineArray<16, Atomic<Int32>> { _ in Atomic(0) }
  }

  /// Notes a process, right after it was started.
  public static func add(_ process: Int32) { replace(0, with: process) }

  /// Forgets a process, right before it is collected: afterwards its id may be another's.
  public static func remove(_ process: Int32) { replace(process, with: 0) }

  private static func replace(_ old: Int32, with new: Int32) {
    for index in 0..<capacity {
      let (isDone, _) = slots.ids[index].compareExchange(
        expected: old, desired: new, ordering: .sequentiallyConsistent)
      if isDone { return }
    }
  }

  /// Kills them all with their groups; atomics and `kill` alone, as a signal handler may.
  public static func killFromSignalHandler() {
    for index in 0..<capacity {
      let process = slots.ids[index].load(ordering: .sequentiallyConsistent)
      if process > 0 { kill(-process, SIGKILL) }
    }
  }
}
