import Plan
import Record
import Testing

@testable import Verdict

/// Each requirement of the self-test, just met and just missed.
@Suite("The judgement of the gate's self-test")
struct SelfTestJudgeTests {
  @Test("bounds of shares are the exact ones")
  func bounds() throws {
    // Clopper-Pearson, 95 %: 1 − 0.025^(1/n) for none; for the others the sums
    // of the binomial distribution, solved in other software.
    let cases = [
      (0, 20, 0, 0.168433), (0, 300, 0, 0.012221), (1, 20, 0.001265, 0.248733),
      (7, 140, 0.020336, 0.100305), (28, 28, 0.876563, 1),
    ]
    for (failures, trials, low, high) in cases {
      let share = SelfTestShare(trials: trials, failures: failures, maximum: 0)
      let bounds = try #require(share.bounds)
      #expect(abs(bounds.low - low) < 5e-6, "\(failures) of \(trials): \(bounds)")
      #expect(abs(bounds.high - high) < 5e-6, "\(failures) of \(trials): \(bounds)")
    }
    let none = SelfTestShare(trials: 0, failures: 0, maximum: 1)
    #expect(none.bounds == nil && !none.holds(isExploratory: true))
  }

  @Test("equal builds: one failure fails, two in a hundred may stay undecided, no more")
  func same() {
    func step(
      _ plan: SelfTestPlan, pass: Int, open: Int, regressed: Int, maximum: Double? = nil
    ) -> SelfTestStep {
      let kinds: [(Judgement, Int)] = [
        (.regressed, regressed), (.inconclusive, open), (.pass, pass),
      ]
      let runs = kinds.flatMap { kind, count in
        Trials.runs([[Judgement]](repeating: [.pass, kind, .pass], count: count))
      }
      return Trials.judge(plan).same(
        runs, name: "same", inconclusiveMaximum: maximum ?? plan.inconclusiveMaximum)
    }
    #expect(step(.nightly, pass: 294, open: 6, regressed: 0).passed)
    #expect(!step(.nightly, pass: 293, open: 7, regressed: 0).passed)
    #expect(!step(.nightly, pass: 299, open: 0, regressed: 1).passed)
    #expect(step(.quick, pass: 18, open: 2, regressed: 0).passed)
    #expect(!step(.quick, pass: 17, open: 3, regressed: 0).passed)
    #expect(!step(.quick, pass: 19, open: 0, regressed: 1).passed)
    let nightly = step(.nightly, pass: 294, open: 6, regressed: 0)
    #expect(nightly.trials == 300 && nightly.failures == 0 && nightly.inconclusive == 6)
    #expect(nightly.shareHigh.map { abs($0 - 0.012221) < 1e-5 } == true)
    #expect(nightly.value("comparisons") == 900)
    #expect(nightly.mode == "nightly" && nightly.startedUnix == 7 && nightly.commit == "abc")
    // A gate run with both is a failure and nothing else.
    let both = Trials.judge().same(
      Trials.runs([[.regressed, .inconclusive]]), name: "same", inconclusiveMaximum: 0)
    #expect(both.failures == 1 && both.inconclusive == 0 && !both.passed)
    #expect(both.detail.contains(Cell.duel(0).name))
    // Beside a neighbour any number may stay undecided; nothing at all proves nothing.
    let open = [[Judgement]](repeating: [.inconclusive], count: 5)
    let judge = Trials.judge()
    #expect(judge.same(Trials.runs(open), name: "n", inconclusiveMaximum: nil).passed)
    #expect(!judge.same([], name: "n", inconclusiveMaximum: nil).passed)
  }

  @Test("a cell that may not gate neither fails nor saves a step, and is counted")
  func advisory() {
    let runs = Trials.runs([[.regressed, .pass], [.inconclusive, .pass]])
    let step = Trials.judge(advisory: [.duel(0)]).same(runs, name: "s", inconclusiveMaximum: 0)
    #expect(step.passed && step.failures == 0 && step.trials == 2)
    #expect(step.value("advisory_regressed") == 1 && step.value("advisory_comparisons") == 2)
    let all = Trials.judge(advisory: [.duel(0), .duel(1)])
    #expect(!all.same(runs, name: "s", inconclusiveMaximum: nil).passed)
    #expect(!all.injected(runs, permille: 30).passed)
    #expect(!all.injected(runs, permille: 20).passed)
    #expect(!all.swapped(runs, permille: 50).passed)
  }

  @Test(
    "injected slowdowns: the share that must be found",
    arguments: [
      (10, 140, 0, true), (10, 140, 1, false), (20, 140, 70, true),
      (30, 140, 7, true), (30, 140, 8, false), (50, 200, 2, true), (50, 200, 3, false),
      (100, 200, 0, true), (100, 200, 1, false),
    ])
  func power(permille: Int, count: Int, wrong: Int, passes: Bool) {
    let found = permille > 10
    let runs = Trials.comparisons(
      count, found ? .regressed : .pass, but: wrong, found ? .inconclusive : .regressed,
      change: Double(permille) / 1000)
    let step = Trials.judge().injected(runs, permille: permille)
    #expect(step.passed == passes, "\(step.detail)")
    #expect(step.step == "injected-\(permille / 10)-percent")
    // At 2 % the rule may go either way, so nothing there is a failure.
    #expect(step.trials == (permille == 20 ? nil : count))
    #expect(step.failures == (permille == 20 ? nil : wrong))
  }

  @Test("few trials fail only by what they refute", arguments: [(4, true), (5, false)])
  func exploratory(misses: Int, passes: Bool) {
    let runs = Trials.comparisons(28, .regressed, but: misses, .inconclusive, change: 0.03)
    #expect(Trials.judge(.quick).injected(runs, permille: 30).passed == passes)
    #expect(!Trials.judge(.standard).injected(runs, permille: 30).passed)
    // Where none may be missed, one miss refutes.
    let ten = Trials.comparisons(28, .regressed, but: 1, .inconclusive, change: 0.1)
    #expect(!Trials.judge(.quick).injected(ten, permille: 100).passed)
  }

  @Test("an estimate of few comparisons fails where most of their intervals exclude the injection")
  func exploratoryEstimate() {
    func run(_ changes: [Double]) -> [SelfTestGateRun] {
      let rows = changes.enumerated().map { Trials.row(.regressed, $0, change: $1) }
      return [SelfTestGateRun(rows: rows)]
    }
    // Intervals are one point to each side.
    let near = run([0.064, 0.064, 0.068, 0.068])
    let far = run([0.064, 0.068, 0.068, 0.068])
    #expect(Trials.judge(.quick).injected(near, permille: 50).passed)
    #expect(!Trials.judge(.standard).injected(near, permille: 50).passed)
    #expect(!Trials.judge(.quick).injected(far, permille: 50).passed)
  }

  @Test(
    "the median estimate lies within 0.4 points, or a tenth of the effect",
    arguments: [
      (30, 0.0339, true), (30, 0.0341, false), (30, 0.0261, true), (30, 0.0259, false),
      (50, 0.0549, true), (50, 0.0551, false), (100, 0.1099, true), (100, 0.1101, false),
      (10, 0.0139, true), (10, 0.0141, false),
    ])
  func estimate(permille: Int, measured: Double, passes: Bool) {
    let runs = Trials.comparisons(
      20, permille > 10 ? .regressed : .pass, but: 0, .pass, change: measured)
    let step = Trials.judge().injected(runs, permille: permille)
    #expect(step.passed == passes, "\(step.detail)")
    #expect(step.value("median_estimate_percent").map { abs($0 - 100 * measured) < 1e-3 } == true)
  }

  @Test("gate runs that share their processes are counted as the sessions that they are")
  func sessions() {
    let runs = (0..<10).map { number in
      SelfTestGateRun(
        rows: [Trials.row(number < 5 ? .regressed : .pass, change: 0.001)], session: number / 5)
    }
    let same = Trials.judge().same(runs, name: "same", inconclusiveMaximum: nil)
    #expect(same.value("sessions") == 2 && same.value("sessions_wrong") == 1)
    let found = Trials.judge().injected(runs, permille: 50)
    #expect(found.value("sessions") == 2 && found.value("sessions_wrong") == 1)
    let even = Trials.judge().injected(runs, permille: 20)
    #expect(even.value("sessions_wrong") == 0)
  }

  @Test("a step that compared nothing says so", arguments: [10, 20, 30])
  func nothing(permille: Int) {
    let step = Trials.judge(advisory: [.duel(0)]).injected(
      Trials.runs([[.regressed]]), permille: permille)
    #expect(!step.passed && step.detail.hasPrefix("nothing was compared"))
  }

  @Test("a single cell whose estimates all lie beyond is found among many, one outlier is not")
  func strayingCell() {
    func step(_ off: Int) -> SelfTestStep {
      let runs = (0..<10).map { number in
        SelfTestGateRun(
          rows: (0..<12).map {
            Trials.row(.regressed, $0, change: $0 == 3 && number < off ? 0.05 : 0.03)
          })
      }
      return Trials.judge().injected(runs, permille: 30)
    }
    #expect(step(1).passed)
    #expect(!step(10).passed)
    #expect(step(10).detail.contains(Cell.duel(3).name))
  }

  @Test("beside a neighbour nine of ten are found, and none of the others passes")
  func neighbour() {
    func step(_ misses: Int, _ as: Judgement) -> SelfTestStep {
      Trials.judge().neighbourInjected(
        Trials.comparisons(100, .regressed, but: misses, `as`, change: 0.05), permille: 50)
    }
    #expect(step(10, .inconclusive).passed)
    #expect(!step(11, .inconclusive).passed)
    #expect(!step(1, .pass).passed)
    #expect(!step(1, .improved).passed)
    #expect(step(10, .inconclusive).step == "neighbour-injected-5-percent")
  }

  @Test("with the sides swapped nothing is slower, and the estimate changes its sign")
  func swapped() {
    let effect = 1 / 1.05 - 1
    func step(_ rows: [VerdictRow]) -> SelfTestStep {
      let usual = (10..<30).map { Trials.row(.pass, $0, change: effect) }
      return Trials.judge().swapped([SelfTestGateRun(rows: usual + rows)], permille: 50)
    }
    #expect(step([]).passed)
    #expect(!step([Trials.row(.regressed, change: effect)]).passed)
    #expect(!step([Trials.row(.pass, change: 0.001)]).passed)
    let wrong = Trials.judge().swapped(
      Trials.runs([[.pass, .pass]], change: -0.02), permille: 50)
    #expect(!wrong.passed && wrong.detail.contains("-2.0 % of -4.8 %"), "\(wrong.detail)")
  }
}
