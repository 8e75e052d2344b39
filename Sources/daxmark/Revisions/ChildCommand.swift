internal import CHost
internal import Glibc

/// Runs commands in process groups of their own, so that they end with all that they started.
enum ChildCommand {
  /// How a command ended.
  enum Ending: Equatable { case code(Int32), signal(Int32), interrupted }

  /// What a command printed, and how it ended.
  struct Printed {
    let ending: Ending
    let output: String
    let errors: String

    /// The output without the line's end, nil when the command failed.
    var line: String? {
      guard ending == .code(0) else { return nil }
      return output.split(separator: "\n").first.map(String.init) ?? ""
    }
  }

  /// Runs a command to its end, or to its death when somebody asks to stop.
  ///
  /// - Parameters:
  ///   - arguments: The command, searched in PATH, and its arguments.
  ///   - output: The descriptor that becomes its standard output.
  ///   - errors: The descriptor that becomes its standard error.
  ///   - lock: A descriptor it holds open for as long as it lives, or -1.
  ///   - isInterrupted: Asked ten times a second.
  ///   - observe: Told the whole seconds gone, about ten times a second.
  /// - Returns: How it ended; nothing of its group runs any more when it was interrupted.
  /// - Throws: `POSIXFailure` when it cannot be started.
  static func run(
    _ arguments: [String], output: Int32, errors: Int32, holding lock: Int32 = -1,
    isInterrupted: () -> Bool = { Interrupt.isRequested }, observe: (Int) -> Void = { _ in }
  ) throws(POSIXFailure) -> Ending {
    let child = try start(arguments, output: output, errors: errors, lock: lock)
    let started = chost_wall_ns()
    var bySignal: Int32 = 0
    var code: Int32 = 0
    // SAFETY, here and below: status words of ours, written during the call.
    while unsafe chost_ended(child, 100, &bySignal, &code) == 0 {
      if isInterrupted() {
        end(child)
        return .interrupted
      }
      observe(Int((chost_wall_ns() - started) / 1_000_000_000))
    }
    collect(child)
    return bySignal == 1 ? .signal(code) : .code(code)
  }

  /// Runs a command and takes what it prints.
  ///
  /// - Throws: `POSIXFailure` when it cannot be started.
  static func read(_ arguments: [String]) throws(POSIXFailure) -> Printed {
    // Files, not pipes: nobody has to read while the command runs, and nothing can fill up.
    // SAFETY: the names are literal C strings.
    let output = unsafe chost_memfd("output")
    let errors = unsafe chost_memfd("errors")
    defer {
      close(output)
      close(errors)
    }
    guard output >= 0, errors >= 0 else { throw POSIXFailure(-min(output, errors)) }
    let ending = try run(arguments, output: output, errors: errors)
    func text(_ descriptor: Int32) throws(POSIXFailure) -> String {
      String(decoding: try FileSystem.read("/proc/self/fd/\(descriptor)"), as: UTF8.self)
    }
    return Printed(ending: ending, output: try text(output), errors: try text(errors))
  }

  private static func start(
    _ arguments: [String], output: Int32, errors: Int32, lock: Int32
  ) throws(POSIXFailure) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    // SAFETY: actions and attributes are initialised here, destroyed at the end, and not shared.
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
    // Onto itself: that alone takes the close-on-exec mark away, in the child.
    if lock >= 0 { unsafe posix_spawn_file_actions_adddup2(&actions, lock, lock) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // Whoever started us may have blocked or ignored the signals that shall end the command.
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { unsafe sigaddset(&signals, number) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    // SAFETY: the vector is ended by nil and its strings live until they are freed below.
    let vector = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe vector.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let failure = unsafe posix_spawnp(
      &child, arguments[0], &actions, &attributes, vector, environ)
    if failure != 0 { throw POSIXFailure(failure) }
    return child
  }

  /// Ends a command with all that it started: politely, as Ctrl-C does, then for good.
  ///
  /// Swift's builds put each job into a group of its own and end them when asked; jobs of one that
  /// has to be killed are found by their parents.
  private static func end(_ child: pid_t) {
    var bySignal: Int32 = 0
    var code: Int32 = 0
    var hasEnded = false
    for (number, patience) in [(SIGINT, Int32(5000)), (SIGTERM, 1000)] where !hasEnded {
      kill(-child, number)
      hasEnded = unsafe chost_ended(child, patience, &bySignal, &code) == 1
    }
    let others = hasEnded ? [] : descendants(of: child)
    // The group's number stays taken until its leader is collected: this hits nobody else.
    kill(-child, SIGKILL)
    for other in others { kill(other, SIGKILL) }
    collect(child)
    // Killed is not gone: one that still writes would refill the folder removed next.
    for _ in 0..<200 where kill(-child, 0) == 0 || others.contains(where: { kill($0, 0) == 0 }) {
      usleep(10_000)
    }
  }

  /// The processes that a process has started, and those that they have.
  private static func descendants(of root: pid_t) -> [pid_t] {
    var children: [pid_t: [pid_t]] = [:]
    for process in FileSystem.names(in: "/proc").compactMap({ pid_t($0) }) {
      let bytes = (try? FileSystem.read("/proc/\(process)/stat")) ?? []
      // The name before it, in parentheses, may hold anything.
      let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?
        .split(separator: " ")
      guard let fields, fields.count > 1, let parent = pid_t(fields[1]) else { continue }
      children[parent, default: []].append(process)
    }
    var found: [pid_t] = []
    var open = [root]
    while let process = open.popLast() {
      let started = children[process] ?? []
      found += started
      open += started
    }
    return found
  }

  private static func collect(_ child: pid_t) {
    var status: Int32 = 0
    while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
  }
}
