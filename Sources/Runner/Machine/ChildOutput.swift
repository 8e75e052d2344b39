import CHost
import Glibc

/// Runs a command and takes what it prints.
enum ChildOutput {
  /// The standard output of a command that ends with exit code 0; nil for anything else.
  ///
  /// The command is searched in PATH, reads nothing, and its complaints are dropped. The child is
  /// always reaped.
  static func read(_ arguments: [String]) -> String? {
    var ends: [Int32] = [-1, -1]
    // Not a pipe: Swift does not see pipe2, and a pipe marked later could leak into another child.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    // SAFETY: socketpair writes the two descriptors that the array owns.
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
    let child = spawn(arguments, output: ends[1])
    close(ends[1])
    let bytes = child == nil ? nil : readToEnd(ends[0])
    close(ends[0])
    guard let child, exitCode(of: child) == 0, let bytes else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func spawn(_ arguments: [String], output: Int32) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    // SAFETY: the vector is ended by nil and its strings live until they are freed below.
    let vector = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe vector.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let failure = unsafe posix_spawnp(
      &child, arguments[0], &actions, nil, vector, chost_environment())
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
