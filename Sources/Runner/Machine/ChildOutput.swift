import CHost
import Glibc

/// Runs a command and takes what it prints.
enum ChildOutput {
  /// What became of a command.
  enum Outcome: Equatable {
    /// Its standard output; it ended with exit code 0.
    case output(String)
    /// It could not be started, or ended otherwise.
    case failed
    /// It had not ended in time, and was killed.
    case late
    /// Somebody asked to stop, and it was killed.
    case stopped
  }

  /// The standard output of a command that ends with exit code 0 within a minute; nil for anything
  /// else.
  static func read(_ arguments: [String]) -> String? {
    guard case .output(let text) = run(arguments, milliseconds: 60_000) else { return nil }
    return text
  }

  /// Runs a command to its end, or kills it with all that it started.
  ///
  /// The command is searched in PATH, reads nothing, and its complaints are dropped. The child is
  /// always reaped.
  ///
  /// - Parameters:
  ///   - arguments: The command and its arguments.
  ///   - milliseconds: How long it may take.
  ///   - goesOn: Asked ten times a second; returning false ends it.
  /// - Returns: What became of it.
  static func run(
    _ arguments: [String], milliseconds: Int32, goesOn: () -> Bool = { true }
  ) -> Outcome {
    var ends: [Int32] = [-1, -1]
    // Not a pipe: Swift does not see pipe2, and a pipe marked later could leak into another child.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    // SAFETY: socketpair writes the two descriptors that the array owns.
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return .failed }
    defer { close(ends[0]) }
    let child = spawn(arguments, output: ends[1])
    close(ends[1])
    guard let child else { return .failed }
    LiveChildren.add(child)
    let outcome = outcome(of: child, output: ends[0], milliseconds, goesOn)
    // All of its group: whatever it started and left behind is of no use to anybody.
    kill(-child, SIGKILL)
    LiveChildren.remove(child)
    let code = exitCode(of: child)
    if case .output = outcome, code != 0 { return .failed }
    return outcome
  }

  /// Reads to the end, and waits for the child's own; what it is for `run` to judge by its code.
  private static func outcome(
    of child: pid_t, output: Int32, _ milliseconds: Int32, _ goesOn: () -> Bool
  ) -> Outcome {
    let deadline = chost_wall_ns() + Int64(milliseconds) * 1_000_000
    var bytes: [UInt8] = []
    var isOpen = true
    while true {
      if !goesOn() { return .stopped }
      if chost_wall_ns() > deadline { return .late }
      if isOpen {
        isOpen = take(from: output, &bytes)
        continue
      }
      var bySignal: Int32 = 0
      var code: Int32 = 0
      // SAFETY: two words, written during the call. The body is left for `run` to collect.
      if unsafe chost_ended(child, slice, &bySignal, &code) == 1 {
        return .output(String(decoding: bytes, as: UTF8.self))
      }
    }
  }

  /// Milliseconds after which somebody is asked again whether to go on.
  private static let slice: Int32 = 100

  /// Takes what there is within a slice; false at the end.
  private static func take(from output: Int32, _ bytes: inout [UInt8]) -> Bool {
    var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    // SAFETY: one record, written during the call.
    guard unsafe poll(&descriptor, 1, slice) > 0 else { return true }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    // SAFETY: the pointer covers the whole chunk for this call only.
    let count = unsafe chunk.withUnsafeMutableBytes {
      unsafe recv(output, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
    }
    if count > 0 { bytes += chunk[..<count] }
    return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN))
  }

  private static func spawn(_ arguments: [String], output: Int32) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    // SAFETY: the attributes are initialised here, destroyed at the end, and not shared.
    guard unsafe posix_spawnattr_init(&attributes) == 0 else { return nil }
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that it can be ended with all that it started.
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    // SAFETY: the vector is ended by nil and its strings live until they are freed below.
    let vector = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe vector.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let failure = unsafe posix_spawnp(
      &child, arguments[0], &actions, &attributes, vector, chost_environment())
    return failure == 0 ? child : nil
  }

  private static func exitCode(of child: pid_t) -> Int32? {
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0 {
      if errno != EINTR { return nil }
    }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
  }
}
