internal import Glibc

/// The two workers of a duel and the working mapping they share.
///
/// Both measure on the same pages at the same offsets: with memory of their own, where pages happen
/// to lie is a bias of one side that no interval within the run can see (2.4 % false alarms).
struct DuelWorkers: ~Copyable {
  private var a: WorkerProcess
  private var b: WorkerProcess
  private let workingSet: Int32
  private let options: DuelOptions

  /// Starts both, and greets them.
  ///
  /// - Parameters:
  ///   - options: what to start, and where.
  ///   - first: the side started first.
  /// - Throws: `RunError` naming the side that did not start.
  init(_ options: DuelOptions, first: DuelSide) throws(RunError) {
    let memory = try Coordinator.makeWorkingSet()
    do throws(RunError) {
      if first == .a {
        let a = try Self.start(.a, options, memory)
        let b = try Self.start(.b, options, memory)
        self.init(a, b, memory, options)
      } else {
        let b = try Self.start(.b, options, memory)
        let a = try Self.start(.a, options, memory)
        self.init(a, b, memory, options)
      }
    } catch {
      close(memory)
      throw error
    }
  }

  private init(
    _ a: consuming WorkerProcess, _ b: consuming WorkerProcess, _ workingSet: Int32,
    _ options: DuelOptions
  ) {
    self.a = a
    self.b = b
    self.workingSet = workingSet
    self.options = options
  }

  deinit { close(workingSet) }

  /// Whether the kernel let both have the same addresses in every start.
  var haveFixedLayout: Bool { a.hasFixedLayout && b.hasFixedLayout }

  static func start(
    _ side: DuelSide, _ options: DuelOptions, _ memory: Int32
  ) throws(RunError) -> WorkerProcess {
    do throws(WorkerFailure) {
      var worker = try WorkerProcess(
        executable: options.executable(of: side), core: options.core, workingSet: memory,
        manner(side, options))
      try worker.greet(milliseconds: options.patienceMilliseconds)
      return worker
    } catch {
      throw RunError(side, options, error.reason)
    }
  }

  /// Both sides' stacks and mappings lie at the same addresses, where the kernel allows it.
  ///
  /// Where they lie decides which stores and loads alias, and so is a bias of one side for as long
  /// as its process lives: with random layouts the estimates of cells in the first-level cache
  /// scattered up to twice as much (an edge copy: 1.7 instead of 0.9 %). The strings a program is
  /// started with are on its stack, so they are made equally long: paths by the names behind them.
  private static func manner(_ side: DuelSide, _ options: DuelOptions) -> WorkerProcess.Manner {
    var manner = WorkerProcess.Manner()
    manner.hasFixedLayout = true
    let longest = max(options.a.utf8.count, options.b.utf8.count)
    let missing = longest - options.executable(of: side).utf8.count
    manner.name = "daxmark" + String(repeating: "-", count: missing)
    // Builds older than the option do not know it, so only the self-test ever passes it.
    if options.repeatPermille > 0 {
      let own = side == options.repeatingSide ? String(options.repeatPermille) : "0"
      let digits = String(repeating: "0", count: max(4 - own.count, 0)) + own
      manner.arguments = ["--repeat-permille", digits]
    }
    return manner
  }

  /// Asks one side.
  ///
  /// - Throws: `RunError` naming the side whose worker died, hangs or talks nonsense.
  mutating func ask(_ side: DuelSide, _ request: Request) throws(RunError) -> Reply {
    do throws(WorkerFailure) {
      switch side {
      case .a: return try a.ask(request, milliseconds: options.patienceMilliseconds)
      case .b: return try b.ask(request, milliseconds: options.patienceMilliseconds)
      }
    } catch {
      throw RunError(side, options, error.reason)
    }
  }
}

extension RunError {
  /// What became of a side, in one sentence.
  init(_ side: DuelSide, _ options: DuelOptions, _ reason: String) {
    let path = options.executable(of: side)
    let who = reason.contains(path) ? side.rawValue : "\(side.rawValue) ('\(path)')"
    let reason = reason.prefix(1).lowercased() + reason.dropFirst()
    self.init("The duel ended on side \(who): \(reason)")
  }
}
