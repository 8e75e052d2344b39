public import Plan
public import Record

/// How a run is carried out.
public struct RunOptions: Sendable {
  /// Path of the daxmark whose workers measure.
  public var executable: String
  /// The core the worker is pinned to.
  public var core: Int
  /// Timed rounds of each worker process.
  public var rounds: Int
  /// Worker processes, one after another.
  public var processes: Int
  /// Seed of all orders.
  public var seed: UInt64
  /// What a batch should take.
  public var batchNanoseconds = 1_000_000
  /// Call counts from a baseline; these cells are not calibrated again.
  public var knownCalls: [Cell: Int] = [:]
  /// How long a worker may take for one answer before it counts as hanging.
  public var patienceMilliseconds: Int32 = 120_000
  /// Whether calls are also executed step by step to count their instructions.
  public var countsInstructions = true

  /// Options from what has no default.
  public init(executable: String, core: Int, rounds: Int, processes: Int, seed: UInt64) {
    self.executable = executable
    self.core = core
    self.rounds = rounds
    self.processes = processes
    self.seed = seed
  }
}

/// Where a run stands.
public enum RunEvent: Sendable {
  /// A cell is being prepared, verified and calibrated.
  case preparing(done: Int, of: Int, cell: Cell)
  /// Batches measured so far, over all processes and rounds.
  case measuring(done: Int, of: Int, cell: Cell)
  /// A round ended; its samples will not change any more.
  case roundEnded([Sample])
  /// A call's instructions are being counted.
  case counting(done: Int, of: Int, cell: Cell)
  /// A cell failed; the run goes on.
  case failed(cell: Cell, reason: String)
}

/// What a run brought.
public struct RunOutcome: Sendable {
  /// Every batch, in the order measured.
  public var samples: [Sample] = []
  /// Cells that did not run or failed, with the reason.
  public var exceptions: [Cell: (status: Status, reason: String)] = [:]
  /// Variants chosen while preparing, such as the best of libpmem's ways.
  public var notes: [Cell: String] = [:]
  /// Exact counts.
  public var ledger: [LedgerEntry] = []
  /// Whether every round of every process was measured.
  public var isComplete = false

  /// Whether any cell failed.
  public var hasFailures: Bool { exceptions.values.contains { $0.status == .error } }
}
