import Plan
import Record
import Testing

@testable import Verdict

@Suite("Exact tier")
struct ExactTierTests {
  private let cell = Synthetic(seed: 1, cells: 1).cells[0]

  private func record(_ counts: [Int?], _ changes: [(String, String)] = []) -> RunRecord {
    var entry = LedgerEntry(cell: cell)
    entry.counts = counts
    let run = RunRecord(machine: Synthetic.facts, samples: [], cells: [], ledger: [entry])
    return changes.reduce(run) { $0.with($1.0, $1.1) }
  }

  private let old: [Int?] = [100, 101, 102, 103, 104, 105, 106, nil, 108, 109, 110, 111, 112]

  @Test(
    "each count that changes is named",
    arguments: LedgerEntry.countColumns.indices.filter { $0 != 7 })
  func named(_ index: Int) {
    for (step, judgement) in [(1, Judgement.regressed), (-1, .improved)] {
      var new = old
      new[index] = (old[index] ?? 0) + step
      let tier = ExactTier(baseline: record(old), candidate: record(new))
      #expect(tier.rows.map(\.judgement) == [judgement])
      #expect(tier.rows.map(\.isAdvisory) == [false])
      let name = LedgerEntry.countColumns[index]
      #expect(tier.rows[0].reason == "\(name) \(100 + index) → \(100 + index + step)")
      #expect(tier.differences.count == 1)
    }
  }

  @Test("equal counts pass; counts that one side did not take are left out")
  func equal() {
    #expect(
      ExactTier(baseline: record(old), candidate: record(old)).rows.map(\.judgement) == [.pass])
    var fewer = old
    fewer[0] = nil
    fewer[7] = 9
    #expect(
      ExactTier(baseline: record(old), candidate: record(fewer)).rows.map(\.judgement) == [.pass])
    // A baseline of schema 1 has none of a filesystem's counts.
    let before = old.prefix(8) + [nil, nil, nil, nil, nil]
    #expect(
      ExactTier(baseline: record(Array(before)), candidate: record(old)).rows.map(\.judgement)
        == [.pass])
    var other = record(old)
    other.ledger[0].cell = cell.with(routine: "new")
    #expect(ExactTier(baseline: record(old), candidate: other).rows.isEmpty)
  }

  @Test("counts of executed code gate only between equal builds")
  func codeCounts() {
    var new = old
    new[4] = 1_000
    new[6] = 1_000
    for fact in ["compiler", "build", "libc", "libpmem"] {
      let tier = ExactTier(baseline: record(old), candidate: record(new, [(fact, "x")]))
      #expect(tier.rows.map(\.isAdvisory) == [true])
      #expect(tier.differences.map(\.isAdvisory) == [true, true])
      #expect(tier.advisory?.hasPrefix(fact) == true)
      new[5] = 106
      let gating = ExactTier(baseline: record(old), candidate: record(new, [(fact, "x")]))
      #expect(gating.rows.map(\.isAdvisory) == [false])
      #expect(gating.rows.map(\.judgement) == [.regressed])
      new[5] = old[5]
    }
    let anywhere = ExactTier(baseline: record(old), candidate: record(new, [("kernel", "x")]))
    #expect(anywhere.rows.map(\.judgement) == [.regressed])
    for fact in ["isa", "flush_instruction"] {
      let refused = ExactTier(baseline: record(old), candidate: record(new, [(fact, "x")]))
      #expect(refused.rows.isEmpty)
      #expect(refused.refusal?.hasPrefix(fact) == true)
    }
  }
}

@Suite("Gate")
struct GateTests {
  private static func world() throws -> (Synthetic, RunRecord) {
    var world = Synthetic(seed: 33, cells: 8)
    world.driftDeviation = 0
    var baseline = try world.baseline()
    baseline.ledger = [LedgerEntry(cell: world.cells[7])]
    baseline.ledger[0].bytesCopied = 64
    return (world, baseline)
  }

  private func gate(
    effect: Double = 0, bytes: Int = 64, failOnImprovement: Bool = false,
    change: (RunRecord) -> RunRecord = { $0 }
  ) throws -> GateOutcome {
    var (world, baseline) = try Self.world()
    let cell = world.cells[2]
    let runs = [9_000, 9_100].map { start in
      var run = world.run(started: start) { $0 == cell ? effect : 0 }
      run.ledger = baseline.ledger
      run.ledger[0].bytesCopied = bytes
      return change(run)
    }
    return GateOutcome(
      baseline: baseline, candidates: runs, failOnImprovement: failOnImprovement)
  }

  @Test("exit codes and their precedence")
  func exitCodes() throws {
    #expect(try gate().exitStatus == .pass)
    #expect(try gate(effect: 0.1).exitStatus == .regressed)
    #expect(try gate(bytes: 65).exitStatus == .regressed)
    #expect(try gate(bytes: 63).exitStatus == .regressed)
    #expect(try gate(effect: -0.1).exitStatus == .pass)
    #expect(try gate(effect: -0.1, failOnImprovement: true).exitStatus == .improved)
    #expect(try gate(effect: -0.1, bytes: 65, failOnImprovement: true).exitStatus == .regressed)
    #expect(try gate { $0.with("schema", "2") }.exitStatus == .pass)
    #expect(try gate(effect: 0.1) { $0.with("schema", "2") }.exitStatus == .regressed)
    #expect(try gate { $0.with("kernel", "6.2") }.exitStatus == .inconclusive)
    #expect(try gate(effect: 0.1) { $0.with("kernel", "6.2") }.exitStatus == .inconclusive)
    #expect(try gate(effect: 0.1) { $0.with("class_hash", "x") }.exitStatus == .inconclusive)
    #expect(try gate(bytes: 65) { $0.with("class_hash", "x") }.exitStatus == .regressed)
    #expect(try gate(bytes: 65) { $0.with("reference_hash", "x") }.exitStatus == .baselineUnusable)
    #expect(
      try gate { run in
        var run = run
        run.cells[5].status = .error
        return run
      }.exitStatus == .inconclusive)
  }

  @Test("a baseline that cannot gate decides nothing")
  func thinBaseline() throws {
    var (world, baseline) = try Self.world()
    baseline.samples.removeAll { $0.moment > 0 }
    let outcome = GateOutcome(baseline: baseline, candidates: [world.run(started: 9_000)])
    #expect(outcome.exitStatus == .inconclusive)
    #expect(outcome.notices.contains { $0.contains("No time could be judged") })
  }

  @Test("a row that was invalid and still is has no verdict; one that is invalid now has")
  func invalidOnBothSides() throws {
    var (world, baseline) = try Self.world()
    let cell = world.cells[5]
    func invalid(_ record: RunRecord) -> RunRecord {
      var record = record
      for index in record.cells.indices where record.cells[index].cell == cell {
        record.cells[index].status = .invalid
      }
      return record
    }
    let runs = [9_000, 9_100].map { invalid(world.run(started: $0)) }
    let before = GateOutcome(baseline: baseline, candidates: runs)
    #expect(before.rows.first { $0.cell == cell }?.judgement == .refused)
    baseline = invalid(baseline)
    let after = GateOutcome(baseline: baseline, candidates: runs)
    #expect(after.rows.allSatisfy { $0.cell != cell || $0.tier != .stored })
    #expect(after.exitStatus == .pass)
  }

  @Test("a run of fewer cells does not pass for the whole, unless asked to judge the part")
  func part() throws {
    let (world, baseline) = try Self.world()
    var smaller = world
    smaller.cells.removeFirst(2)
    let runs = [9_000, 9_100].map { smaller.run(started: $0) }
    let whole = GateOutcome(baseline: baseline, candidates: runs)
    #expect(whole.exitStatus == .inconclusive)
    #expect(whole.notices.contains { $0.contains("2 cells of the baseline were not measured") })
    let part = GateOutcome(baseline: baseline, candidates: runs, allowsPart: true)
    #expect(part.exitStatus == .pass)
  }

  @Test("rows are ordered by what matters, cells of one side are listed")
  func orderAndSides() throws {
    var (world, baseline) = try Self.world()
    let cells = world.cells
    let gone = cells[0]
    let added = cells[0].with(routine: "new")
    world.cells[0] = added
    let runs = [9_000, 9_100].map { start in
      world.run(started: start) { $0 == cells[5] ? 0.1 : $0 == cells[3] ? -0.1 : 0 }
    }
    baseline.cells.reverse()
    let outcome = GateOutcome(baseline: baseline, candidates: runs)
    #expect(
      outcome.rows.map(\.judgement) == [.regressed, .improved] + Array(repeating: .pass, count: 5))
    #expect(outcome.rows.first?.cell == cells[5])
    #expect(outcome.baselineOnly == [gone])
    #expect(outcome.candidateOnly == [added])
  }

  @Test("comparing two runs lists changes with their intervals and what only one side has")
  func comparison() throws {
    var world = Synthetic(seed: 40, cells: 6)
    let cells = world.cells
    let a = world.run(started: 0, drift: 0)
    world.cells[5] = cells[5].with(routine: "new")
    let b = world.run(started: 100, drift: 0.05) { $0 == cells[1] ? 0.1 : 0 }
    let comparison = Comparison(a, b)
    #expect(comparison.comparability == .same)
    #expect(comparison.onlyInA == [cells[5]])
    #expect(comparison.onlyInB == [world.cells[5]])
    #expect(comparison.rows.count == 6)
    let row = try #require(comparison.rows.first { $0.cell == cells[1] })
    let cpu = try #require(row.cpuChange)
    let ratio = try #require(row.ratioChange)
    #expect(abs(cpu.value - (Logarithm.exp(0.15) - 1)) < 0.015)
    #expect(abs(ratio.value - (Logarithm.exp(0.10) - 1)) < 0.015)
    #expect(cpu.low < cpu.value && cpu.value < cpu.high)
    let reference = try #require(comparison.rows.first { $0.cell.operation == .reference })
    #expect(reference.ratioChange == nil)
    #expect(Change(from: [0, 1], to: [1]) == nil)
    #expect(Change(from: [1], to: []) == nil)
  }
}
