import Record
import Testing

@testable import Verdict

@Suite("The standing of the gate on a machine class")
struct SelfTestStandingTests {
  private let day = 86_400

  private func step(_ name: String, at started: Int, passed: Bool = true) -> SelfTestStep {
    SelfTestStep(
      version: 1, commit: "abc", startedUnix: started, mode: "quick", step: name, passed: passed,
      detail: passed ? "" : "1 false alarm of 20")
  }

  @Test("nothing recorded is noted, a recent pass is silent, an old one is noted")
  func ages() {
    #expect(SelfTestStanding([], at: 5) == .absent)
    let steps = [step("a", at: 1_000), step("b", at: 1_000)]
    #expect(SelfTestStanding(steps, at: 1_000) == .passed)
    #expect(SelfTestStanding(steps, at: 1_000 + 30 * day) == .passed)
    let old = SelfTestStanding(steps, at: 1_001 + 30 * day)
    guard case .noted(let sentence) = old else {
      Issue.record("\(old)")
      return
    }
    #expect(sentence.contains("is 30 days old"))
    // A clock that was set back, or nonsense in the file, is no reason to trap.
    #expect(SelfTestStanding(steps, at: 0) == .passed)
    #expect(SelfTestStanding([step("a", at: .max)], at: .min) == .passed)
  }

  @Test("the last self-test decides, not the best")
  func last() {
    let failed = step("injection", at: 2_000, passed: false)
    let mixed = [step("a", at: 2_000), failed, step("later", at: 2_000, passed: false)]
    let standing = SelfTestStanding([step("a", at: 1_000)] + mixed, at: 3_000)
    guard case .failed(let sentence) = standing else {
      Issue.record("\(standing)")
      return
    }
    #expect(sentence.contains("'injection' (1 false alarm of 20) and 1 more"))
    #expect(SelfTestStanding(mixed + [step("a", at: 2_500)], at: 3_000) == .passed)
    // A failure does not pass by growing old.
    guard case .failed = SelfTestStanding(mixed, at: 2_000 + 99 * day) else {
      Issue.record("an old failure passed")
      return
    }
  }
}
