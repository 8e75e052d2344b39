import Plan
import Record

@testable import Verdict

/// Runs with a known truth.
///
/// Log time is the drift of the moment, plus effects of cell, moment and process, plus noise of
/// the batch, in the sizes that real kernels showed.
struct Synthetic {
  var random: SeededGenerator
  var cells: [Cell]
  /// Standard deviations of logs.
  var driftDeviation = 0.02
  var momentDeviation = 0.002
  var processDeviation = 0.002
  var batchDeviation = 0.007

  static let facts = [
    MachineFact("schema", "1"), MachineFact("reference_hash", "r1"),
    MachineFact("class_hash", "c1"), MachineFact("cpu_vendor", "V"), MachineFact("isa", "avx2"),
    MachineFact("flush_instruction", "clwb"), MachineFact("kernel", "6.1"),
    MachineFact("compiler", "6.3.1"), MachineFact("build", "release"), MachineFact("libc", "2.41"),
    MachineFact("libpmem", "1.13"),
  ]

  /// `count` copy cells in groups of ten routines, each group with its own frozen reference.
  init(seed: UInt64, cells count: Int) {
    random = SeededGenerator(seed: seed)
    cells = (0..<count).map { number in
      var parameters = Parameters()
      parameters.sizeBytes = 64 * (number / 10 + 1)
      return Cell(
        suite: "copy", operation: .copy, engine: "core", routine: "r\(number % 10)",
        parameters: parameters)
    }
  }

  var references: [Cell] {
    var seen: Set<Cell> = []
    return cells.compactMap(\.reference).filter { seen.insert($0).inserted }
  }

  /// One run of one moment.
  ///
  /// `shift` is the log effect on a cell, a reference included.
  mutating func run(
    started: Int, processes: Int = 5, rounds: Int = 6, drift: Double? = nil,
    shift: (Cell) -> Double = { _ in 0 }
  ) -> RunRecord {
    var samples: [Sample] = []
    let all = references + cells
    let drift = drift ?? random.normal() * driftDeviation
    let moments = all.map { cell in
      shift(cell) + (cell.reference == nil ? 0 : random.normal() * momentDeviation)
    }
    for process in 0..<processes {
      let effects = moments.map { $0 + random.normal() * processDeviation }
      for round in 0..<rounds {
        for (order, cell) in all.enumerated() {
          let log = drift + effects[order] + random.normal() * batchDeviation
          samples.append(
            .synthetic(
              cell, process: process, round: round, order: order,
              cpu: Int(1_000_000 * Logarithm.exp(log))))
        }
      }
    }
    return RunRecord(
      machine: Self.facts + [MachineFact("run_started_unix", String(started))], samples: samples,
      cells: Summary.results(plan: all, samples: samples), ledger: [])
  }

  /// A baseline of several moments.
  mutating func baseline(
    moments: Int = 3, spacing: Int = 700, processes: Int = 5, rounds: Int = 6
  ) throws -> RunRecord {
    var runs: [RunRecord] = []
    for moment in 0..<moments {
      runs.append(run(started: 1_000 + moment * spacing, processes: processes, rounds: rounds))
    }
    return try Baseline.merge(runs)
  }
}

extension Sample {
  /// A plain batch of 100 calls.
  static func synthetic(
    _ cell: Cell, moment: Int = 0, process: Int = 0, round: Int = 0, order: Int = 0,
    calls: Int = 100, cpu: Int, wall: Int? = nil, bytes: Int = 0, status: Status = .ok,
    reason: String = ""
  ) -> Sample {
    Sample(
      cell: cell, moment: moment, process: process, round: round, order: order, calls: calls,
      cpuNanoseconds: cpu, wallNanoseconds: wall ?? cpu, bytes: bytes, involuntarySwitches: 0,
      faultsExpected: 0, faultsObserved: 0, pageBytes: 4096, status: status, reason: reason)
  }
}

extension RunRecord {
  /// The same run with one fact replaced, or removed when the value is nil.
  func with(_ name: String, _ value: String?) -> RunRecord {
    var other = self
    other.machine.removeAll { $0.name == name }
    if let value { other.machine.append(MachineFact(name, value)) }
    return other
  }
}
