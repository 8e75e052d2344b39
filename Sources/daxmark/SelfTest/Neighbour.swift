internal import CHost
internal import Glibc
internal import Runner

/// The bundled neighbour as a process; dropping it ends it.
struct Neighbour: ~Copyable {
  let process: pid_t
  private let input: Int32
  private let output: Int32

  /// Starts it.
  ///
  /// - Parameter core: The core it shall disturb.
  /// - Throws: `Failure` when it cannot be started.
  init(core: Int) throws(Failure) {
    let executable = "/proc/self/exe"
    let arguments = [executable, NeighbourCommand.name, "--core", String(core)]
    // SAFETY: strdup copies; the array ends with nil as exec asks, and all is freed after the call.
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var started = Int32()
    var toChild: Int32 = -1
    var fromChild: Int32 = -1
    let status = unsafe chost_spawn(
      executable, &pointers, -1, &started, &toChild, &fromChild)
    unsafe pointers.forEach { unsafe free($0) }
    guard status == 0 else {
      throw Failure(.tool, "The neighbour could not be started: \(errorText(status)).")
    }
    LiveChildren.add(started)
    process = started
    input = toChild
    output = fromChild
  }

  /// Whether it still disturbs.
  var isAlive: Bool {
    var bySignal: Int32 = 0
    var code: Int32 = 0
    // SAFETY: two words, written during the call.
    return unsafe chost_ended(process, 0, &bySignal, &code) == 0
  }

  deinit {
    close(input)
    close(output)
    var bySignal: Int32 = 0
    var status: Int32 = 0
    // It looks at its input after each burst; a second is generous.
    // SAFETY: status words, written during the calls.
    if unsafe chost_ended(process, 1000, &bySignal, &status) == 0 { kill(process, SIGKILL) }
    LiveChildren.remove(process)
    unsafe waitpid(process, &status, 0)
  }
}
