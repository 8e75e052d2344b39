internal import CHost
internal import Glibc
internal import Plan

/// A worker process and the two pipes to it.
///
/// Dropping it closes the pipes, on which the worker ends; it is waited for, and killed if it does
/// not end.
struct WorkerProcess: ~Copyable {
  let process: pid_t
  /// Whether its addresses are the same in every start: asked for, and not refused by the kernel.
  let hasFixedLayout: Bool
  private let requests: Int32
  private let replies: Int32
  private var channel: LineChannel

  /// How a worker is started, beyond what every worker needs.
  struct Manner {
    /// More arguments.
    var arguments: [String] = []
    /// What the worker takes for its own name, when not its path.
    var name: String?
    /// Whether its addresses are the same in every start.
    var hasFixedLayout = false
  }

  /// Starts `executable worker --core N`.
  ///
  /// The worker has the shared working mapping, `workingSet`, as its descriptor 3.
  ///
  /// - Throws: `WorkerFailure` when there is no such program.
  init(
    executable: String, core: Int, workingSet: Int32, _ manner: Manner = Manner()
  ) throws(WorkerFailure) {
    // A worker that ended is told by the failing write; the signal would end this process unseen.
    signal(SIGPIPE, SIG_IGN)
    let name = manner.name ?? executable
    let arguments = [name, "worker", "--core", String(core)] + manner.arguments
    // SAFETY: strdup copies; the array ends with nil as exec asks, and all is freed after the call.
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var started = Int32()
    var toWorker: Int32 = -1
    var fromWorker: Int32 = -1
    let before = manner.hasFixedLayout ? chost_fix_layout(1) : -1
    let status = unsafe chost_spawn(
      executable, &pointers, workingSet, &started, &toWorker, &fromWorker)
    if before == 0 { _ = chost_fix_layout(0) }
    unsafe pointers.forEach { unsafe free($0) }
    guard status == 0 else {
      throw WorkerFailure("The worker '\(executable)' could not be started: \(errnoText(status)).")
    }
    LiveChildren.add(started)
    process = started
    hasFixedLayout = before >= 0
    requests = toWorker
    replies = fromWorker
    channel = LineChannel(input: replies, output: requests)
  }

  /// Checks that the process is a daxmark of our protocol; to be called first.
  mutating func greet(milliseconds: Int32) throws(WorkerFailure) {
    let greeting = Request.hello(version: protocolVersion)
    guard case .hello(let version, _) = try ask(greeting, milliseconds: milliseconds) else {
      throw WorkerFailure("The worker did not greet; it is no daxmark.")
    }
    guard version == protocolVersion else {
      throw WorkerFailure(
        "The worker speaks protocol \(version), this daxmark \(protocolVersion); "
          + "use builds that agree.")
    }
  }

  /// Sends a request and waits for its answer.
  ///
  /// - Throws: `WorkerFailure` when the worker died, hangs or speaks another language; it is of no
  ///   further use then.
  mutating func ask(_ request: Request, milliseconds: Int32) throws(WorkerFailure) -> Reply {
    do {
      try channel.send(request.line)
      let reply = try Reply(line: try channel.receive(timeoutMilliseconds: milliseconds))
      guard request.isAnswered(by: reply) else {
        throw WorkerFailure("The worker answered something else than it was asked.")
      }
      return reply
    } catch let error as ChannelError {
      switch error {
      case .closed: throw WorkerFailure("The worker died\(howItEnded()).")
      case .timeout: throw WorkerFailure("The worker gave no answer for \(milliseconds) ms.")
      case .endless: throw WorkerFailure("The worker sent a line without an end.")
      case .system(let number): throw WorkerFailure("The pipe broke: \(errnoText(number)).")
      }
    } catch let error as ProtocolError {
      throw WorkerFailure(error.description)
    } catch let error as WorkerFailure {
      throw error
    } catch {
      throw WorkerFailure("The worker failed: \(error).")
    }
  }

  private func howItEnded() -> String {
    var bySignal: Int32 = 0
    var code: Int32 = 0
    // SAFETY: two words, written during the call. The body is left for deinit to collect.
    guard unsafe chost_ended(process, 1000, &bySignal, &code) == 1 else { return "" }
    return bySignal == 1 ? " of signal \(code)" : " with exit code \(code)"
  }

  deinit {
    close(requests)
    close(replies)
    var bySignal: Int32 = 0
    var status: Int32 = 0
    // A worker ends on the closed pipe after its current batch; a second is generous.
    // SAFETY: status words, written during the calls.
    _ = unsafe chost_ended(process, 1000, &bySignal, &status)
    // With all that it started. Until it is collected the group's number is nobody else's.
    kill(-process, SIGKILL)
    LiveChildren.remove(process)
    unsafe waitpid(process, &status, 0)
  }
}

/// Why a worker is of no further use.
struct WorkerFailure: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// The C library's words for an error number.
func errnoText(_ number: Int32 = errno) -> String {
  // SAFETY: strerror returns a valid C string; it is copied at once.
  unsafe String(cString: strerror(number))
}
