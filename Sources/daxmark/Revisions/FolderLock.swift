internal import Glibc

/// A lock file, held until the value goes away, or the process and the command it lent it to die.
///
/// The kernel gives it back however we end, so no stale one is ever found.
struct FolderLock: ~Copyable {
  /// The open file, to be lent to a command that shall not outlive the lock.
  let descriptor: Int32

  /// Waits for the lock.
  ///
  /// - Parameters:
  ///   - path: The lock file; made when missing, and left behind: removing it would let two in.
  ///   - isInterrupted: Asked ten times a second.
  ///   - observe: Told, about ten times a second, that somebody else holds it.
  /// - Throws: `Failure` when the file cannot be made, or somebody asks to stop.
  init(
    _ path: String, isInterrupted: () -> Bool, observe: () -> Void
  ) throws(Failure) {
    // SAFETY: Swift lends the path as a C string for the call.
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw Failure(.tool, "The lock '\(path)' could not be made: \(errorText()).")
    }
    while flock(opened, LOCK_EX | LOCK_NB) != 0 {
      let number = errno
      guard number == EWOULDBLOCK || number == EINTR else {
        close(opened)
        throw Failure(.tool, "The lock '\(path)' could not be taken: \(errorText(number)).")
      }
      if isInterrupted() {
        close(opened)
        throw Failure(.interrupted, "Interrupted while another build was under way.")
      }
      observe()
      usleep(100_000)
    }
    descriptor = opened
  }

  deinit { close(descriptor) }
}
