import Record
import Testing

@testable import Verdict

@Suite("The standing of the gate on a machine class")
struct SelfTestStandingTests {
  private let day = 86_400

  private func step(
    _ name: String, at started: Int, passed: Bool = true, mode: String = "quick"
  ) -> SelfTestStep {
    SelfTestStep(
      version: 1, commit: "abc", startedUnix: started, mode: mode, step: name, passed: passed,
      detail: passed ? "" : "1 false alarm of 20")
  }

  /// The sentence of a refusal, or nil.
  private func refusal(_ steps: [SelfTestStep], at now: Int) -> String? {
    if case .failed(let sentence) = SelfTestStanding(steps, at: now) { return sentence }
    return nil
  }

  @Test("nothing recorded is noted, a recent pass is silent, an old one is refused")
  func ages() {
    #expect(SelfTestStanding([], at: 5) == .absent)
    let steps = [step("a", at: 1_000), step("b", at: 1_000)]
    #expect(SelfTestStanding(steps, at: 1_000) == .passed)
    #expect(SelfTestStanding(steps, at: 1_000 + 30 * day) == .passed)
    let sentence = refusal(steps, at: 1_001 + 30 * day) ?? ""
    #expect(sentence.contains("is 30 days old") && sentence.contains("'daxmark selftest'"))
    #expect(refusal(steps, at: 1_000 + 400 * day)?.contains("is 400 days old") == true)
    // One that is younger counts, whatever its mode.
    #expect(
      SelfTestStanding(steps + [step("a", at: 1_000 + day)], at: 1_000 + 31 * day) == .passed)
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
    #expect(refusal(mixed, at: 2_000 + 99 * day)?.contains("'injection'") == true)
  }

  @Test("a pass clears a failure of its own mode and of shorter ones, and of no other")
  func modes() {
    let modes = ["quick", "standard", "nightly"]
    for (failed, name) in modes.enumerated() {
      for (passed, other) in modes.enumerated() {
        let steps = [
          step("same", at: 1_000, passed: false, mode: name), step("b", at: 1_000, mode: name),
          step("same", at: 2_000, mode: other),
        ]
        #expect((refusal(steps, at: 2_001) == nil) == (passed >= failed), "\(name) \(other)")
        // The order of the rows in the file is nothing.
        #expect(
          SelfTestStanding(steps.reversed(), at: 2_001) == SelfTestStanding(steps, at: 2_001))
        #expect(SelfTestStanding.standing(in: steps) == (passed >= failed ? [] : [1_000]))
      }
    }
  }

  @Test("the sentence names the mode that failed and the command that repeats it")
  func remedy() {
    let nightly = step("same", at: 1_000, passed: false, mode: "nightly")
    let sentence = refusal([nightly, step("same", at: 2_000)], at: 3_000) ?? ""
    #expect(sentence.contains("last nightly self-test"))
    #expect(sentence.contains("'daxmark selftest --nightly' must be repeated"))
    let standard = step("same", at: 1_000, passed: false, mode: "standard")
    #expect(refusal([standard], at: 3_000)?.contains("'daxmark selftest' repeats it.") == true)
    // Of several the longest decides what to do, also when a shorter one failed later.
    let both = [nightly, step("order", at: 2_000, passed: false)]
    #expect(refusal(both, at: 3_000)?.contains("--nightly") == true)
    #expect(SelfTestStanding.standing(in: both) == [1_000, 2_000])
    #expect(SelfTestStanding(both + [step("a", at: 3_000, mode: "nightly")], at: 3_000) == .passed)
  }

  @Test("a mode that nobody knows is cleared by itself alone, and clears nothing else")
  func strangeModes() {
    let weekly = step("same", at: 1_000, passed: false, mode: "weekly")
    let nightly = step("same", at: 2_000, mode: "nightly")
    #expect(refusal([weekly, nightly], at: 3_000) != nil)
    let repeated = step("same", at: 2_000, mode: "weekly")
    #expect(SelfTestStanding([weekly, repeated], at: 3_000) == .passed)
    let quick = step("same", at: 1_000, passed: false)
    #expect(refusal([quick, repeated], at: 3_000) != nil)
  }
}
