import Plan
import Record

@testable import Verdict

/// Gate runs with known rows.
enum Trials {
  static func judge(_ plan: SelfTestPlan = .standard, advisory: Set<Cell> = []) -> SelfTestJudge {
    var judge = SelfTestJudge(plan: plan, commit: "abc", startedUnix: 7)
    judge.advisory = advisory
    return judge
  }

  static func row(_ judgement: Judgement, _ number: Int = 0, change: Double? = nil) -> VerdictRow {
    VerdictRow(
      cell: .duel(number), tier: .paired, judgement: judgement,
      change: change.map { Change(value: $0, low: $0 - 0.01, high: $0 + 0.01) })
  }

  /// One gate run for each list of judgements, the cells numbered.
  static func runs(_ judgements: [[Judgement]], change: Double? = nil) -> [SelfTestGateRun] {
    judgements.map { run in
      SelfTestGateRun(rows: run.enumerated().map { row($1, $0, change: change) })
    }
  }

  /// `count` comparisons in gate runs of ten cells, of which some ended otherwise.
  static func comparisons(
    _ count: Int, _ usual: Judgement, but others: Int, _ other: Judgement, change: Double
  ) -> [SelfTestGateRun] {
    let all =
      [Judgement](repeating: other, count: others)
      + [Judgement](repeating: usual, count: count - others)
    let runs = stride(from: 0, to: count, by: 10).map { Array(all[$0..<min($0 + 10, count)]) }
    return self.runs(runs, change: change)
  }
}

extension SelfTestStep {
  func value(_ name: String) -> Double? { values.first { $0.name == name }?.number }
}
