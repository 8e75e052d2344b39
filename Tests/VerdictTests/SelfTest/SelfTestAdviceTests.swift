import Plan
import Record
import Testing

@testable import Verdict

/// Which cells a duel holds back, and that they then decide nothing.
@Suite("What a duel reads of the self-test")
struct SelfTestAdviceTests {
  private func step(
    _ started: Int, sessions: Int, _ percents: [Double], version: Int = SelfTestJudge.version
  ) -> SelfTestStep {
    let values = percents.enumerated().map {
      SelfTestStep.Value(SelfTestAdvice.name(of: .duel($0)) + SelfTestAdvice.biasUnit, $1)
    }
    return SelfTestStep(
      version: version, commit: "abc", startedUnix: started, mode: "quick", step: "dispersion",
      passed: true, values: [SelfTestStep.Value("sessions", Double(sessions))] + values)
  }

  private let cells: [Cell] = (0..<3).map { .duel($0) }

  @Test("cells beyond the limit, after a trip through the file")
  func limit() throws {
    let steps = [step(1000, sessions: 5, [0.79, 0.81, 0.8])]
    let reasons = SelfTestAdvice.reasons(
      try SelfTestStep.decoded(SelfTestStep.encoded(steps)), for: cells)
    #expect(Set(reasons.keys) == [.duel(1)])
    #expect(reasons[.duel(1)]?.contains("0.8 %") == true)
    #expect(SelfTestAdvice.reasons([], for: cells).isEmpty)
  }

  @Test("a cell that its place moves by over half the floor has a floor of twice that")
  func floors() {
    let shifts = [0.99, -1.46, 1.0].enumerated().map {
      SelfTestStep.Value(SelfTestAdvice.name(of: .duel($0)) + SelfTestAdvice.layoutUnit, $1)
    }
    let layout = SelfTestStep(
      version: SelfTestJudge.version, commit: "abc", startedUnix: 1000, mode: "nightly",
      step: "layout", passed: true, values: shifts)
    let floors = SelfTestAdvice.floors([layout], for: cells)
    #expect(Array(floors.keys) == [.duel(1)])
    #expect(abs((floors[.duel(1)] ?? 0) - 0.0292) < 1e-12)
    #expect(SelfTestAdvice.reasons([layout], for: cells).isEmpty)
    #expect(SelfTestAdvice.floors([], for: cells).isEmpty)
    let limits = DuelLimits().raised(toFloor: 0.0292)
    #expect(limits.floor == 0.0292 && abs(limits.tolerance - 0.0438) < 1e-12)
    #expect(limits.certainFloor > 0.018 && limits.freshFloor > 0.021)
    #expect(DuelLimits().raised(toFloor: 0.02) == DuelLimits())
    // Three percent regress by the rule's own floor, and do not by the higher one.
    let pairs = DuelCellTests.pairs(0.03, spread: 0.001, count: 300)
    func judgement(_ limits: DuelLimits) -> Judgement {
      var cell = DuelCell(cell: .duel(1), limits: limits, familySize: 9)
      cell.run { _ in pairs }
      return cell.judgement
    }
    #expect(judgement(DuelLimits()) == .regressed)
    #expect(judgement(DuelLimits().raised(toFloor: 0.04)) == .pass)
  }

  @Test("of recent self-tests the one with the most sessions decides")
  func which() {
    let day = 86_400
    let nightly = step(1000, sessions: 60, [0.2, 0.2, 0.9])
    let quick = step(1000 + day, sessions: 5, [0.9, 0.2, 0.2])
    func names(_ steps: [SelfTestStep]) -> Set<Cell> {
      Set(SelfTestAdvice.reasons(steps, for: cells).keys)
    }
    #expect(names([nightly, quick]) == [.duel(2)])
    #expect(names([quick, nightly]) == [.duel(2)])
    let later = step(1001 + 31 * day, sessions: 5, [0.2, 0.9, 0.2])
    #expect(names([nightly, later]) == [.duel(1)])
    #expect(names([nightly, step(1001, sessions: 60, [0.1, 0.1, 0.1])]) == [])
    let other = step(2000, sessions: 99, [9, 9, 9], version: SelfTestJudge.version + 1)
    #expect(names([nightly, other]) == [.duel(2)])
    // Times of another age neither trap nor count.
    let ages = [step(.min, sessions: 9, [9, 9, 9]), step(.max, sessions: 1, [0, 0, 0])]
    #expect(names(ages) == [])
  }

  @Test("an advisory cell is shown and never judged")
  func outcome() {
    let cells = DuelOutcomeTests.cells([0, 0.05])
    func outcome(_ advisory: [Cell: String]) -> GateReport {
      DuelOutcome(
        cells: cells, referenceShifts: [:], sides: DuelOutcomeTests.sides, advisory: advisory
      ).report
    }
    #expect(outcome([:]).exitStatus == .regressed)
    let report = outcome([.duel(1): "it disperses"])
    #expect(report.exitStatus == .pass)
    #expect(report.rows.map(\.isAdvisory) == [false, true])
    #expect(report.rows[1].judgement == .regressed)
    #expect(report.rows[1].reason.hasPrefix("it disperses; "))
    #expect(!report.isFailure(report.rows[1]))
    // Where nothing is left to judge, nothing was decided.
    let none = outcome([.duel(0): "x", .duel(1): "y"])
    #expect(none.exitStatus == .inconclusive)
    #expect(none.notices.contains { $0.contains("No cell may gate") })
  }
}
