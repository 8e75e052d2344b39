import Plan
import Record
import Testing

@testable import Verdict

@Suite("Stored tier")
struct StoredTierTests {
  @Test("six hundred synthetic cells: no false alarm, and real changes found")
  func ratesOverAFixedSeed() throws {
    var world = Synthetic(seed: 20_260_101, cells: 600)
    let baseline = try world.baseline()
    // A fifth of the cells for each effect.
    let effects = [0.0, 0.01, 0.05, 0.10, -0.05]
    let place = Dictionary(
      world.cells.enumerated().map { ($1, $0 % 5) }, uniquingKeysWith: { first, _ in first })
    func shift(_ cell: Cell) -> Double { place[cell].map { Logarithm.log(1 + effects[$0]) } ?? 0 }
    let runs = [
      world.run(started: 10_000, shift: shift), world.run(started: 10_100, shift: shift),
    ]
    let tier = StoredTier(baseline: baseline, candidates: runs)
    #expect(tier.rows.count == 600)
    let gating = tier.rows.filter { !$0.isAdvisory }
    #expect(gating.count > 540, "\(gating.count) of 600 may gate")
    func share(_ effect: Int, _ judgement: Judgement) -> Double {
      let rows = gating.filter { place[$0.cell] == effect }
      return Double(rows.count { $0.judgement == judgement }) / Double(rows.count)
    }
    print(
      "stored tier, 120 cells each:",
      effects.indices.map { effect in
        "\(effects[effect]): "
          + Judgement.allCases.map { "\($0) \(share(effect, $0))" }.joined(separator: " ")
      }.joined(separator: "; "))
    #expect(share(0, .pass) == 1)
    #expect(share(1, .regressed) == 0)
    #expect(share(2, .regressed) >= 0.97)
    #expect(share(3, .regressed) == 1)
    #expect(share(4, .improved) >= 0.97)
    for effect in [0, 1, 4] { #expect(share(effect, .regressed) == 0) }
    for effect in [0, 1, 2, 3] { #expect(share(effect, .improved) == 0) }
    // The estimate is the truth: at most half a percent off in the median.
    for effect in effects.indices {
      let changes = gating.filter { place[$0.cell] == effect }.compactMap(\.change?.value)
      #expect(abs(OrderStatistics.median(changes) - effects[effect]) < 0.005)
    }
    #expect(tier.environment.isEmpty)
  }

  @Test("cells at the edge of what may gate: still hardly a false alarm")
  func restlessWorld() throws {
    // True deviations of 0.6 to 0.7 % between moments: three moments let half of them gate.
    var world = Synthetic(seed: 8, cells: 300)
    world.momentDeviation = 0.006
    world.processDeviation = 0.005
    let baseline = try world.baseline()
    let runs = [world.run(started: 10_000), world.run(started: 10_100)]
    let gating = StoredTier(baseline: baseline, candidates: runs).rows.filter { !$0.isAdvisory }
    let alarms = gating.count { $0.judgement == .regressed || $0.judgement == .improved }
    print("stored tier, restless cells: \(alarms) false alarms of \(gating.count) gating")
    #expect(gating.count > 100 && gating.count < 240)
    #expect(alarms == 0)
  }

  @Test("a candidate of one process has a wider limit and still no false alarm")
  func singleProcess() throws {
    var world = Synthetic(seed: 5, cells: 150)
    world.processDeviation = 0.008
    let baseline = try world.baseline()
    let runs = [
      world.run(started: 10_000, processes: 1), world.run(started: 10_100, processes: 1),
    ]
    let tier = StoredTier(baseline: baseline, candidates: runs)
    let gating = tier.rows.filter { !$0.isAdvisory }
    #expect(gating.count > 75)
    #expect(gating.allSatisfy { ($0.limit ?? 0) >= 0.03 })
    #expect(gating.count { ($0.limit ?? 0) > 0.035 } > 50)
    #expect(!gating.contains { $0.judgement == .regressed || $0.judgement == .improved })
  }

  /// A quiet world of twelve cells, the first of which changes by `effect`.
  private func one(
    _ effect: Double, starts: [Int], limits: StoredLimits = StoredLimits(),
    baseline change: (RunRecord) -> RunRecord = { $0 }, reference: Double = 0,
    drift: Double = 0
  ) throws -> VerdictRow {
    var world = Synthetic(seed: 3, cells: 12)
    world.driftDeviation = 0
    let baseline = change(try world.baseline())
    let cell = world.cells[0]
    let runs = starts.map { start in
      world.run(started: start, drift: drift) {
        $0 == cell ? effect : $0 == cell.reference ? reference : 0
      }
    }
    let tier = StoredTier(baseline: baseline, candidates: runs, limits: limits)
    return try #require(tier.rows.first { $0.cell == cell })
  }

  @Test("one run is a suspect, two runs a minute apart are a verdict")
  func repetition() throws {
    let once = try one(0.08, starts: [9_000])
    #expect(once.judgement == .inconclusive)
    #expect(once.reason.contains("run again at least a minute later"))
    #expect(try one(0.08, starts: [9_000, 9_059]).judgement == .inconclusive)
    #expect(try one(0.08, starts: [9_000, 9_060]).judgement == .regressed)
    #expect(try one(0.08, starts: [9_060, 9_000]).judgement == .regressed)
    #expect(try one(-0.08, starts: [9_000]).judgement == .inconclusive)
    #expect(try one(-0.08, starts: [9_000, 9_060]).judgement == .improved)
    let pass = try one(0, starts: [9_000])
    #expect(pass.judgement == .pass)
    #expect(pass.reason.isEmpty)
    #expect(!pass.isAdvisory)
    let change = try #require(pass.change)
    #expect(change.low <= change.value && change.value <= change.high)
  }

  @Test("a change of one run that the next does not show is no verdict")
  func notRepeated() throws {
    var world = Synthetic(seed: 3, cells: 12)
    world.driftDeviation = 0
    let baseline = try world.baseline()
    let cell = world.cells[0]
    func judged(_ first: Double, _ second: Double) -> VerdictRow? {
      var world = world
      let runs = [
        world.run(started: 9_000, drift: 0) { $0 == cell ? first : 0 },
        world.run(started: 9_100, drift: 0) { $0 == cell ? second : 0 },
      ]
      return StoredTier(baseline: baseline, candidates: runs).rows.first { $0.cell == cell }
    }
    #expect(judged(0.045, 0)?.judgement == .pass)
    #expect(judged(0.045, 0)?.reason.contains("one run") == true)
    #expect(judged(0.10, 0)?.judgement == .inconclusive)
    #expect(judged(0.10, -0.10)?.judgement == .pass)
    // Both runs are beyond the limit, but in opposite directions: nothing was repeated.
    #expect(judged(0.20, -0.08)?.judgement == .inconclusive)
  }

  @Test("a ratio that moves because the reference got faster is no regression")
  func referenceMoved() throws {
    let row = try one(0, starts: [9_000, 9_100], reference: -0.06, drift: -0.01)
    #expect(row.judgement == .inconclusive)
    #expect(row.reason.contains("the CPU time did not"))
    #expect(
      try one(0.10, starts: [9_000, 9_100], reference: 0.20).reason.contains("machine state"))
    #expect(try one(0, starts: [9_000, 9_100], reference: -0.12).reason.contains("machine state"))
  }

  @Test("a thin or restless baseline never gates, and says why")
  func weakBaselines() throws {
    func weak(_ change: @escaping (RunRecord) -> RunRecord) throws -> VerdictRow {
      try one(0.3, starts: [9_000, 9_100], baseline: change)
    }
    let cases: [(String, (RunRecord) -> RunRecord)] = [
      (
        "2 of 3 moments",
        {
          var r = $0; r.samples.removeAll { $0.moment == 2 }; return r
        }
      ),
      (
        "1 of 3 moments",
        {
          var r = $0; r.samples.removeAll { $0.moment > 0 }; return r
        }
      ),
      (
        "4 of 5 processes",
        {
          var r = $0; r.samples.removeAll { $0.process == 4 }; return r
        }
      ),
      ("599 seconds apart", { $0.with("moment_spacing_seconds_min", "599") }),
      ("an unknown number of seconds", { $0.with("moment_spacing_seconds_min", nil) }),
      (
        "baseline is invalid",
        {
          var r = $0; for i in r.cells.indices { r.cells[i].status = .invalid }; return r
        }
      ),
      (
        "no frozen reference",
        {
          var r = $0; r.samples.removeAll { $0.cell.operation == .reference }; return r
        }
      ),
    ]
    for (reason, change) in cases {
      let row = try weak(change)
      #expect(row.isAdvisory)
      #expect(row.judgement != .regressed)
      #expect(row.reason.contains(reason), "\(row.reason)")
    }
    var strict = StoredLimits()
    strict.deviationMaximum = 0
    let restless = try one(0.3, starts: [9_000, 9_100], limits: strict)
    #expect(restless.isAdvisory)
    #expect(restless.judgement == .inconclusive)
    #expect(restless.reason.contains("between moments"))
  }

  @Test("more than half of the cells and the references together are the environment")
  func uniformShift() throws {
    var world = Synthetic(seed: 11, cells: 12)
    world.driftDeviation = 0
    let baseline = try world.baseline()
    func judged(cells: Double, references: Double) -> StoredTier {
      var world = world
      let runs = [9_000, 9_100].map { start in
        world.run(started: start, drift: 0) { $0.reference == nil ? references : cells }
      }
      return StoredTier(baseline: baseline, candidates: runs)
    }
    let environment = judged(cells: 0.16, references: 0.06)
    #expect(environment.rows.allSatisfy { $0.judgement == .inconclusive })
    #expect(environment.environment.count == 1)
    // The references stand still: it is the code.
    let code = judged(cells: 0.10, references: 0)
    let gating = code.rows.filter { !$0.isAdvisory }
    #expect(gating.count > 8)
    #expect(gating.allSatisfy { $0.judgement == .regressed }, "\(code.rows.map(\.reason))")
    #expect(code.environment.isEmpty)
    // Another speed of the whole machine.
    let slow = judged(cells: 0.20, references: 0.20)
    #expect(!slow.rows.contains { $0.judgement == .regressed })
    #expect(slow.environment.first?.contains("state differs") == true)
  }

  @Test("a cell that now fails is refused, never passed")
  func failedNow() throws {
    var world = Synthetic(seed: 12, cells: 10)
    let baseline = try world.baseline()
    var run = world.run(started: 9_000)
    let index = try #require(run.cells.firstIndex { $0.cell == world.cells[4] })
    run.cells[index].status = .error
    run.cells[index].reason = "wrong byte at 17"
    let tier = StoredTier(baseline: baseline, candidates: [run])
    let row = try #require(tier.rows.first { $0.cell == world.cells[4] })
    #expect(row.judgement == .refused)
    #expect(row.reason == "now error: wrong byte at 17")
    #expect(!row.isAdvisory)
  }
}
