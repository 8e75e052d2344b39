internal import CHost
internal import Glibc
internal import HotCore
internal import LiveFS
internal import Plan

/// The process that measures: prepares cells, times batches, one answer for each request.
///
/// It knows nothing of rounds, files or verdicts, and ends when its input closes.
public enum Worker {
  /// Serves requests until `quit` or the end of input.
  ///
  /// - Parameters:
  ///   - core: the core to pin the measuring thread to, or nil to stay unpinned.
  ///   - workingSet: descriptor of the shared working mapping, or nil for memory of its own.
  ///   - repeatPermille: thousandths of its calls that each batch of a cell makes again, in secret.
  /// - Returns: the exit code.
  public static func serve(
    core: Int?, workingSet: CInt?, repeatPermille: Int = 0
  ) -> Int32 {
    // Only the coordinator decides what Ctrl-C means, whoever started us in which group.
    signal(SIGINT, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    // One that hangs in a batch never sees its input close.
    chost_die_with_parent()
    let cores = allowedCores()
    if let core, chost_pin(Int32(core)) != 0 { return 1 }
    var channel = LineChannel(input: 0, output: 1)
    var context = WorkerContext(
      workingSet: workingSet, cores: cores, repeatPermille: repeatPermille)
    var cells: [Int: any PreparedCell] = [:]
    while let line = try? channel.receive() {
      guard let request = try? Request(line: line) else { return 1 }
      if request == .quit { return 0 }
      let reply = answer(request, &cells, &context)
      do throws(ChannelError) {
        try channel.send(reply.line)
      } catch {
        return 0
      }
    }
    return 0
  }

  private static func answer(
    _ request: Request, _ cells: inout [Int: any PreparedCell], _ context: inout WorkerContext
  ) -> Reply {
    do throws(CellException) {
      switch request {
      case .hello, .quit:
        return .hello(version: protocolVersion, process: Int(getpid()))
      case .prepare(let id, let cell):
        let prepared = try context.prepare(cell)
        try prepared.verify()
        cells[id] = prepared
        return .ready(id: id, note: prepared.note)
      case .calibrate(let id, let target):
        return .calibrated(
          id: id, calls: try known(id, cells).calibrate(targetNanoseconds: target))
      case .batch(let id, let calls):
        return .sample(id: id, try known(id, cells).batch(calls: calls))
      case .ledger(let id):
        return .ledger(id: id, try known(id, cells).counts())
      case .release(let id):
        cells[id] = nil
        return .released(id: id)
      }
    } catch {
      switch error {
      case .skipped(let reason): return .skipped(id: request.id, reason: reason)
      case .failed(let reason): return .failed(id: request.id, reason: reason)
      }
    }
  }

  private static func known(
    _ id: Int, _ cells: [Int: any PreparedCell]
  ) throws(CellException) -> any PreparedCell {
    guard let cell = cells[id] else { throw .failed("The cell \(id) was not prepared.") }
    return cell
  }
}
