import Record
import Testing
import Verdict

@testable import daxmark

/// What `selftest.csv` keeps of earlier self-tests.
@Suite struct SelfTestKeepTests {
  private func test(
    _ started: Int, _ mode: String, _ step: String, passed: Bool = true, values: [(String, Double)]
  ) -> SelfTestStep {
    SelfTestStep(
      version: SelfTestJudge.version, commit: "abc", startedUnix: started, mode: mode, step: step,
      passed: passed, values: values.map { SelfTestStep.Value($0, $1) })
  }

  private func quick(_ started: Int) -> SelfTestStep {
    test(started, "quick", "dispersion", values: [("sessions", 5)])
  }

  private func starts(_ steps: [SelfTestStep]) -> [Int] { steps.map(\.startedUnix) }

  @Test("twenty quick ones do not drive out the nightly and the layout probe that decide")
  func deciding() {
    var rows = [
      test(1, "nightly", "dispersion", values: [("sessions", 60)]),
      test(2, "standard", "layout", values: [("builds", 3)]),
      test(3, "standard", "same", passed: false, values: []),
    ]
    for started in 10..<40 { rows = SelfTestFiles.adding([quick(started)], to: rows) }
    #expect(starts(rows) == [1, 2, 3] + Array(20..<40))
  }

  @Test("what is older than 30 days decides nothing and goes, and so do rows of a time to come")
  func old() {
    let now = 100 * 86_400
    var rows = [test(1, "nightly", "dispersion", values: [("sessions", 60)]), quick(now + 500)]
    for started in now..<now + 20 { rows = SelfTestFiles.adding([quick(started)], to: rows) }
    #expect(starts(rows) == Array(now..<now + 20))
  }
}
