internal import CHost
internal import Glibc
public import Plan
internal import Record

/// Carries out a plan: tells a worker what to prepare and time, and collects the samples.
///
/// A cell that fails becomes an exception row and the run goes on; a worker that dies takes only
/// the cell it was working on with it.
public struct Coordinator: ~Copyable {
  private let cells: [Cell]
  private let options: RunOptions
  private var workingSet: Int32
  private let isCrowded: Bool
  private var worker: WorkerProcess?
  private var everStarted = false
  private var prepared: Set<Int> = []
  private var calls: [Int: Int] = [:]
  private var outcome = RunOutcome()

  /// A coordinator over cells, harness cells included.
  ///
  /// - Throws: `RunError` when the shared working mapping cannot be made.
  public init(cells: [Cell], options: RunOptions) throws(RunError) {
    self.cells = cells
    self.options = options
    isCrowded =
      cells.count { $0.isOnFilesystem && $0.operation != .reference } > Self.fileCellsKept
    workingSet = try Self.makeWorkingSet()
    for (index, cell) in cells.enumerated() { calls[index] = options.knownCalls[cell] }
  }

  deinit { close(workingSet) }

  /// Runs all processes and rounds, then counts.
  ///
  /// - Parameter observe: told about every step; returning false ends the run after the current
  ///   batch, and what was measured so far is returned.
  /// - Returns: what was measured, with the cells that failed.
  /// - Throws: `RunError` when no worker can be started at all.
  public mutating func run(observe: (RunEvent) -> Bool) throws(RunError) -> RunOutcome {
    for process in 0..<options.processes {
      worker = nil
      prepared = []
      if process > 0 { try renewWorkingSet() }
      guard try prepareAll(observe) else { return finish() }
      for round in 0..<options.rounds {
        guard try measure(process: process, round: round, observe) else { return finish() }
      }
      if process == 0, options.countsInstructions, try !countAll(observe) { return finish() }
    }
    outcome.isComplete = true
    return finish()
  }

  /// An empty shared memory file; workers make it as long as they need.
  static func makeWorkingSet() throws(RunError) -> Int32 {
    // SAFETY: the name is a literal C string.
    let descriptor = unsafe chost_memfd("daxmark-working-set")
    if descriptor < 0 {
      throw RunError("The shared working mapping could not be made: \(errnoText(-descriptor)).")
    }
    return descriptor
  }

  /// Each process measures on other pages: a cell whose time depends on where they happen to lie
  /// (one took 620 or 4145 ns) shows it as a difference between processes.
  private mutating func renewWorkingSet() throws(RunError) {
    let fresh = try Self.makeWorkingSet()
    close(workingSet)
    workingSet = fresh
  }

  private mutating func finish() -> RunOutcome {
    worker = nil
    return outcome
  }

  private func isOut(_ index: Int) -> Bool { outcome.exceptions[cells[index]] != nil }

  // MARK: The three phases. Each returns false when the observer wants to stop.

  private mutating func prepareAll(_ observe: (RunEvent) -> Bool) throws(RunError) -> Bool {
    for index in cells.indices where !isOut(index) {
      if !observe(.preparing(done: index, of: cells.count, cell: cells[index])) { return false }
      guard try prepare(index, observe) else { continue }
      if calls[index] == nil { try calibrate(index, observe) }
      if isTransient(index) { try release(index, observe) }
    }
    return true
  }

  private mutating func measure(
    process: Int, round: Int, _ observe: (RunEvent) -> Bool
  ) throws(RunError) -> Bool {
    let schedule = Schedule(cells: cells, seed: options.seed &+ UInt64(process) &* 0x51ed)
    let total = cells.count * options.rounds * options.processes
    let before = cells.count * (process * options.rounds + round)
    let first = outcome.samples.count
    var order = 0
    for index in schedule.round(round).joined() {
      if !observe(.measuring(done: before + order, of: total, cell: cells[index])) { return false }
      if !isOut(index), try prepare(index, observe) {
        try batch(index, process: process, round: round, order: order, observe)
        if isTransient(index) { try release(index, observe) }
      }
      order += 1
    }
    return observe(.roundEnded(Array(outcome.samples[first...])))
  }

  private mutating func countAll(_ observe: (RunEvent) -> Bool) throws(RunError) -> Bool {
    for index in cells.indices where !isOut(index) && !cells[index].operation.isHarness {
      if !observe(.counting(done: index, of: cells.count, cell: cells[index])) { return false }
      guard try prepare(index, observe) else { continue }
      if case .ledger(_, let counts)? = try ask(index, .ledger(id: index), observe) {
        outcome.ledger.append(LedgerEntry(cell: cells[index], counts: counts))
      }
      if isTransient(index) { try release(index, observe) }
    }
    return true
  }

  // MARK: One request each.

  /// Fault cells hold memory, children and threads, so they live only while they are measured.
  ///
  /// Cells on files would have to write these anew, and keep them; of many, the disk is too small.
  private func isTransient(_ index: Int) -> Bool {
    guard cells[index].engine == Registry.liveEngine else { return false }
    return !cells[index].isOnFilesystem || isCrowded
  }

  /// Cells on files that are kept ready at once: each has up to 48 MiB.
  private static let fileCellsKept = 40

  private mutating func prepare(
    _ index: Int, _ observe: (RunEvent) -> Bool
  ) throws(RunError) -> Bool {
    if prepared.contains(index) { return true }
    let request = Request.prepare(id: index, cell: cells[index])
    guard case .ready(_, let note)? = try ask(index, request, observe) else { return false }
    prepared.insert(index)
    if !note.isEmpty { outcome.notes[cells[index]] = note }
    return true
  }

  private mutating func calibrate(
    _ index: Int, _ observe: (RunEvent) -> Bool
  ) throws(RunError) {
    let request = Request.calibrate(id: index, targetNanoseconds: options.batchNanoseconds)
    if case .calibrated(_, let count)? = try ask(index, request, observe) {
      calls[index] = count
    }
  }

  private mutating func batch(
    _ index: Int, process: Int, round: Int, order: Int, _ observe: (RunEvent) -> Bool
  ) throws(RunError) {
    if calls[index] == nil { try calibrate(index, observe) }
    guard let count = calls[index] else { return }
    let request = Request.batch(id: index, calls: count)
    guard case .sample(_, let batch)? = try ask(index, request, observe) else { return }
    let mismatch =
      batch.pageMismatch(cells[index]) ?? batch.faultMismatch(cells[index])
    outcome.samples.append(
      Sample(
        cell: cells[index], moment: 0, process: process, round: round, order: order,
        calls: batch.calls, cpuNanoseconds: batch.cpuNanoseconds,
        wallNanoseconds: batch.wallNanoseconds, bytes: batch.bytes,
        involuntarySwitches: batch.involuntarySwitches, faultsExpected: batch.faultsExpected,
        faultsObserved: batch.faultsObserved, pageBytes: batch.pageBytes,
        status: mismatch == nil ? .ok : .invalid, reason: mismatch ?? ""))
  }

  private mutating func release(
    _ index: Int, _ observe: (RunEvent) -> Bool
  ) throws(RunError) {
    if prepared.remove(index) != nil {
      _ = try ask(index, .release(id: index), observe)
    }
  }

  /// Asks the worker, starting one when there is none.
  ///
  /// Nil means that the cell failed or cannot run here, and is out.
  private mutating func ask(
    _ index: Int, _ request: Request, _ observe: (RunEvent) -> Bool
  ) throws(RunError) -> Reply? {
    do throws(WorkerFailure) {
      try startIfNeeded()
      guard let reply = try worker?.ask(request, milliseconds: options.patienceMilliseconds) else {
        return nil
      }
      switch reply {
      case .failed(_, let reason): fail(index, reason, observe)
      case .skipped(_, let reason): outcome.exceptions[cells[index]] = (.skipped, reason)
      default: return reply
      }
    } catch {
      worker = nil
      prepared = []
      // Without any worker there is no run; later on, what was measured outlives a lost one.
      if !everStarted { throw RunError(error.reason) }
      fail(index, error.reason, observe)
    }
    return nil
  }

  private mutating func startIfNeeded() throws(WorkerFailure) {
    if worker != nil { return }
    worker = try WorkerProcess(
      executable: options.executable, core: options.core, workingSet: workingSet)
    try worker?.greet(milliseconds: options.patienceMilliseconds)
    everStarted = true
  }

  private mutating func fail(_ index: Int, _ reason: String, _ observe: (RunEvent) -> Bool) {
    outcome.exceptions[cells[index]] = (.error, reason)
    _ = observe(.failed(cell: cells[index], reason: reason))
  }
}

extension BatchMeasurement {
  /// A fault row claims its page size; a kernel that splits huge pages copies smaller ones.
  func pageMismatch(_ cell: Cell) -> String? {
    guard cell.operation == .fault, let asked = cell.parameters.pages?.byteCount,
      pageBytes != asked
    else { return nil }
    return "asked for pages of \(Cell.bytes(asked)), but the kernel split them and worked on "
      + "\(Cell.bytes(pageBytes)) a fault"
  }
}

/// A run that could not be carried out at all.
public struct RunError: Error, CustomStringConvertible {
  /// What happened and what to do, in one sentence.
  public let description: String

  /// An error with its sentence.
  public init(_ description: String) { self.description = description }
}

extension LedgerEntry {
  init(cell: Cell, counts: CallCounts) {
    self.init(cell: cell)
    bytesCopied = counts.bytesCopied
    bytesZeroed = counts.bytesZeroed
    bytesCompared = counts.bytesCompared
    linesWrittenBack = counts.linesWrittenBack
    nonTemporalBytes = counts.nonTemporalBytes
    fences = counts.fences
    instructions = counts.instructions
    faults = counts.faults
    beginEndPairs = counts.beginEndPairs
    refcountUpdates = counts.refcountUpdates
    blocksAllocated = counts.blocksAllocated
    extentsRemapped = counts.extentsRemapped
    fallbacks = counts.fallbacks
  }
}
