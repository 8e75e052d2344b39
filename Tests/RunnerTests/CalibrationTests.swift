import Plan
import Testing

@testable import Runner

/// The call count of a batch, on clocks made up for the purpose.
@Suite struct CalibrationTests {
  @Test(
    "a steady clock gives the count that fills the batch",
    arguments: [0.5, 1, 3.7, 25, 400, 9_000, 120_000, 700_000], [500_000, 1_000_000, 20_000_000])
  func steady(nanosecondsPerCall: Double, target: Int) {
    let calls = Calibration.calls(targetNanoseconds: target) {
      Int(Double($0) * nanosecondsPerCall)
    }
    let ideal = max(Double(target) / nanosecondsPerCall, 1)
    #expect(abs(Double(calls) - ideal) <= max(0.02 * ideal, 1))
  }

  @Test("noise on most tries changes nothing: the best try counts")
  func noise() {
    var generator = printedGenerator("calibration")
    for _ in 0..<50 {
      let calls = Calibration.calls(targetNanoseconds: 1_000_000) { calls in
        let clean = Double(calls) * 20
        let isDisturbed = Int.random(in: 0..<10, using: &generator) < 4
        return Int(clean * (isDisturbed ? Double.random(in: 1...50, using: &generator) : 1))
      }
      #expect(calls == 50_000)
    }
  }

  @Test("a fixed cost of the clock hardly shows")
  func fixedCost() {
    let calls = Calibration.calls(targetNanoseconds: 1_000_000) { 200 + $0 * 10 }
    #expect((99_000...100_000).contains(calls))
  }

  @Test("a call longer than a batch is a batch, and is tried a few times only")
  func longCall() {
    var tries = 0
    let calls = Calibration.calls(targetNanoseconds: 1_000_000) {
      tries += 1
      return $0 * 50_000_000
    }
    #expect(calls == 1)
    #expect(tries == 3)
  }

  @Test(
    "a clock that stands still or runs backwards ends the search all the same",
    arguments: [0, -5, 1, Int.max], [1, 1_000_000, Int.max])
  func brokenClock(answer: Int, target: Int) {
    #expect(Calibration.calls(targetNanoseconds: target) { _ in answer } >= 1)
  }
}
