import Plan
import Record
import Testing

@testable import Verdict

@Suite("Summary")
struct SummaryTests {
  private func cell(
    _ operation: Plan.Operation, _ routine: String = "auto", size: Int = 4096,
    cache: CacheState? = .l1, durable: Bool? = nil, threads: Int = 1
  ) -> Cell {
    var parameters = Parameters()
    parameters.sizeBytes = size
    parameters.cacheState = cache
    parameters.durable = durable
    parameters.threads = threads
    return Cell(
      suite: operation.rawValue, operation: operation, engine: "core", routine: routine,
      parameters: parameters)
  }

  private func only(_ cell: Cell, _ samples: [Sample], _ others: [CellResult] = []) -> CellResult {
    let rows = Summary.results(plan: [cell], samples: samples, others: others)
    return rows.first { $0.cell == cell } ?? CellResult(cell: cell, status: .error, reason: "none")
  }

  @Test("medians, bounds, bytes and counts of a plain cell")
  func plain() {
    let copy = cell(.copy)
    let times = [700, 100, 300, 200, 600, 500, 400]
    let samples = times.enumerated().map { round, time in
      Sample.synthetic(copy, round: round, cpu: time, wall: time + 50, bytes: 409_600)
    }
    let row = only(copy, samples)
    #expect(row.cpuPerCall == 4)
    #expect(row.wallPerCall == 4.5)
    // Seven values: the extremes are the 98.4 % interval, and no narrower one reaches 95 %.
    #expect(row.cpuLow == 1 && row.cpuHigh == 7)
    #expect(row.batches == 7 && row.calls == 100)
    #expect(row.bytesPerCall == 4096)
    #expect(row.pageBytes == 4096)
    #expect(row.status == .ok && row.reason.isEmpty)
    #expect(row.reference == nil && row.referenceRatio == nil)
    #expect(row.betweenMomentDeviation == nil && row.rooflineShare == nil)
    #expect(only(copy, [.synthetic(copy, cpu: 5)]).bytesPerCall == nil)
  }

  @Test("a cell of the model takes its ratio to the reference of the core cell beside it")
  func modelReference() throws {
    var block = cell(.cowBlock, cache: .memory, durable: true, threads: 2)
    block.engine = "model"
    block.parameters.pages = .any
    let core = try #require(block.coreCounterpart)
    let reference = try #require(core.reference)
    let samples = (0..<6).flatMap { round in
      [
        Sample.synthetic(block, round: round, cpu: 900),
        Sample.synthetic(reference, round: round, cpu: 300),
        Sample.synthetic(core, round: round, cpu: 600),
      ]
    }
    let rows = Summary.results(plan: [block, core, reference], samples: samples)
    #expect(rows.map(\.referenceRatio) == [3, 2, nil])
    #expect(rows.map(\.reference) == ["frozen-copy", "frozen-copy", nil])
  }

  @Test("rows follow the plan; the unplanned come last and the unmeasured are skipped")
  func order() {
    let cells = ["c", "a", "b"].map { cell(.copy, $0) }
    let extra = cell(.zero)
    let given = CellResult(cell: cells[2], status: .skipped, reason: "this CPU lacks it")
    let rows = Summary.results(
      plan: cells, samples: [.synthetic(extra, cpu: 1), .synthetic(cells[1], cpu: 1)],
      others: [given])
    #expect(rows.map(\.cell) == cells + [extra])
    #expect(rows.map(\.status) == [.skipped, .ok, .skipped, .ok])
    #expect(rows[0].reason == "not measured")
    #expect(rows[2] == given)
    #expect(rows[0].batches == nil)
  }

  @Test("a failed cell keeps the numbers it has, and says why it failed")
  func failed() {
    let copy = cell(.copy)
    let good = Sample.synthetic(copy, cpu: 100)
    let dead = Sample.synthetic(copy, round: 1, cpu: 0, status: .error, reason: "worker died")
    let row = only(copy, [good, dead])
    #expect(row.status == .error && row.reason == "worker died")
    #expect(row.batches == 1 && row.cpuPerCall == 1)
    #expect(only(copy, [dead]).status == .error)
    #expect(only(copy, [dead]).batches == nil)
    let told = CellResult(cell: copy, status: .error, reason: "wrong byte at 3")
    #expect(only(copy, [good], [told]).reason == "wrong byte at 3")
    let variant = CellResult(cell: copy, status: .ok, reason: "edges, one drain")
    #expect(only(copy, [good], [variant]).reason == "edges, one drain")
    #expect(only(copy, [good, dead], [variant]).status == .error)
  }

  @Test("more than a fifth of disturbed batches label the row", arguments: [1, 2])
  func contended(_ threads: Int) {
    let copy = cell(.copy, threads: threads)
    func row(disturbed: Int) -> CellResult {
      only(
        copy,
        (0..<10).map { round in
          let cpu = 1_000 * threads
          return .synthetic(copy, round: round, cpu: cpu, wall: round < disturbed ? 1_201 : 1_200)
        })
    }
    #expect(!row(disturbed: 2).contended)
    #expect(row(disturbed: 3).contended)
  }

  @Test("faults beyond one percent make a fault row invalid, and no other")
  func faults() {
    for (operation, observed, status) in [
      (Plan.Operation.fault, 1_010, Status.ok), (.fault, 990, .ok), (.fault, 1_011, .invalid),
      (.fault, 989, .invalid), (.copy, 5_000, .ok),
    ] {
      let cell = cell(operation, cache: nil)
      let samples = (0..<2).map { round in
        var sample = Sample.synthetic(cell, round: round, cpu: 100)
        sample.faultsExpected = 500
        sample.faultsObserved = round == 0 ? 500 : observed - 500
        return sample
      }
      let row = only(cell, samples)
      #expect(row.faultsExpected == 1_000 && row.faultsObserved == observed)
      #expect(row.status == status)
      #expect(row.reason == (status == .ok ? "" : "\(observed) faults observed, 1000 expected"))
    }
  }

  @Test("the ratio pairs cell and reference of one moment, process and round")
  func referenceRatio() throws {
    let copy = cell(.copy)
    let reference = try #require(copy.reference)
    var samples: [Sample] = []
    for (round, speed) in [1, 10, 100].enumerated() {
      samples.append(.synthetic(copy, round: round, cpu: 300 * speed))
      samples.append(.synthetic(reference, round: round, calls: 10, cpu: 100 * speed))
    }
    // No partner in the same process: it counts for the time, not for the ratio.
    samples.append(.synthetic(copy, process: 1, cpu: 1))
    samples.append(.synthetic(copy, round: 3, cpu: 1))
    samples.append(
      .synthetic(reference, round: 3, cpu: 1, status: .error, reason: "died"))
    let row = only(copy, samples)
    #expect(row.referenceRatio.map { isClose($0, 0.3) } == true)
    #expect(row.reference == "frozen-copy")
    #expect(row.batches == 5)
  }

  @Test("the deviation between moments is that of moment means of process medians")
  func betweenMoments() throws {
    let copy = cell(.copy)
    let reference = try #require(copy.reference)
    var samples: [Sample] = []
    // Ratios 1, 2, 4 in three moments: logs 0, ln 2, 2 ln 2 have the deviation ln 2.
    for moment in 0..<3 {
      for process in 0..<2 {
        for round in 0..<3 {
          let outlier = round == 2 ? 50 : 1
          samples.append(
            .synthetic(
              copy, moment: moment, process: process, round: round,
              cpu: 1_000 * (1 << moment) * outlier))
          samples.append(
            .synthetic(reference, moment: moment, process: process, round: round, cpu: 1_000))
        }
      }
    }
    let deviation = try #require(only(copy, samples).betweenMomentDeviation)
    #expect(isClose(deviation, Logarithm.log(2)))
  }

  @Test("the roofline is the best peak of kind and cache state; durable work needs memory")
  func roofline() throws {
    let peaks = Companions.rooflineCells(kind: .copy, cache: .l1)
    let speeds = ["copy": 40, "copy-nt": 10, "copy-rep": 20]
    let samples = peaks.map { peak in
      Sample.synthetic(peak, cpu: 1_000, bytes: 1_000 * (speeds[peak.routine] ?? 0))
    }
    func share(_ cell: Cell) -> Double? {
      only(cell, samples + [.synthetic(cell, cpu: 1_000, bytes: 8_000)]).rooflineShare
    }
    #expect(share(cell(.copy)) == 0.2)
    #expect(share(cell(.copy, durable: false)) == 0.2)
    #expect(share(cell(.copy, durable: true)) == 0.8)
    #expect(share(cell(.copy, cache: .memory)) == nil)
    #expect(share(cell(.compare)) == nil)
    #expect(share(cell(.fault)) == nil)
    let read = try #require(Companions.rooflineCells(kind: .read, cache: .l1).first)
    let compare = cell(.compare)
    let both: [Sample] = [
      .synthetic(read, cpu: 1_000, bytes: 64_000), .synthetic(compare, cpu: 1_000, bytes: 16_000),
    ]
    // Two bytes are read for each byte compared.
    #expect(only(compare, both).rooflineShare == 0.5)
    // Loads reach memory by any routine, so durability asks nothing of that peak.
    let durable = cell(.compare, durable: true)
    let batch = Sample.synthetic(durable, cpu: 1_000, bytes: 16_000)
    #expect(only(durable, [both[0], batch]).rooflineShare == 0.5)
  }

  @Test("times of zero make no infinite number")
  func zeroTimes() throws {
    let copy = cell(.copy)
    let reference = try #require(copy.reference)
    let samples = [copy, reference].map { Sample.synthetic($0, cpu: 0, bytes: 4096) }
    let rows = Summary.results(plan: [copy, reference], samples: samples)
    #expect(rows[0].cpuPerCall == 0)
    #expect(rows[0].referenceRatio == nil)
    let run = RunRecord(machine: [], samples: samples, cells: rows, ledger: [])
    #expect(try RunRecord { run.encoded($0) } == run)
  }
}
