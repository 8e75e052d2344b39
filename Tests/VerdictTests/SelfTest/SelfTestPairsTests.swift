import Plan
import Record
import Testing

@testable import Verdict

/// The steps that look at the pairs of a build against itself.
@Suite("The self-test's look at pairs of equal builds")
struct SelfTestPairsTests {
  /// Sessions of a cell: normal log ratios about a shift of each session.
  private func pairs(
    _ shifts: [[Double]], spread: Double, count: Int = 30, second: Double = 0,
    _ generator: inout SeededGenerator
  ) -> SelfTestPairs {
    var pairs = SelfTestPairs()
    for (number, sessions) in shifts.enumerated() {
      for shift in sessions {
        let session = (0..<count).map { index in
          let isBFirst = index % 2 == 0
          return SelfTestPair(
            logRatio: shift + spread * generator.normal() + (isBFirst ? -second : second),
            isBFirst: isBFirst)
        }
        pairs.add(session, of: .duel(number))
      }
    }
    return pairs
  }

  @Test("processes that differ by more than 0.8 % make a cell advisory, others do not")
  func dispersion() {
    var generator = SeededGenerator.printed("dispersion")
    let steady = [Double](repeating: 0, count: 8)
    // Alternating ± d has the sample deviation d · √(8/7).
    func alternating(_ d: Double) -> [Double] { (0..<8).map { $0 % 2 == 0 ? d : -d } }
    let judge = Trials.judge()
    let mixed = pairs(
      [steady, alternating(0.0072), alternating(0.0078), steady], spread: 1e-5, &generator)
    let (step, advisory) = judge.dispersion(mixed)
    #expect(advisory == [.duel(2)])
    #expect(step.passed && step.detail.contains(Cell.duel(2).name))
    let name = SelfTestAdvice.name(of: .duel(1))
    #expect(!name.contains("="))
    #expect(step.value(name + " sd_percent").map { abs($0 - 0.77) < 0.005 } == true)
    #expect(step.value("sessions") == 8)
    // Where most cells cannot gate, the gate is worth nothing.
    let bad = pairs([alternating(0.02), alternating(0.02), steady], spread: 1e-5, &generator)
    #expect(!judge.dispersion(bad).step.passed)
    #expect(!judge.dispersion(SelfTestPairs()).step.passed)
    // A single session says nothing of how sessions differ.
    #expect(!judge.dispersion(pairs([[0]], spread: 1e-5, &generator)).step.passed)
  }

  @Test("the deviation that intervals predict is that of independent pairs")
  func predicted() {
    var generator = SeededGenerator.printed("predicted")
    let even = pairs([[Double](repeating: 0, count: 40)], spread: 0.01, &generator)
    let step = Trials.judge().dispersion(even).step
    let ratio = step.value(SelfTestAdvice.name(of: .duel()) + " sd_over_predicted") ?? 0
    #expect(ratio > 0.6 && ratio < 1.5, "\(ratio)")
  }

  @Test("labels drawn anew alarm where pairs are wild, and hardly ever where they are not")
  func permutation() {
    var generator = SeededGenerator.printed("permutation")
    let shifts = [[Double](repeating: 0, count: 3), [Double](repeating: 0, count: 3)]
    let judge = Trials.judge()
    let quiet = judge.permutation(
      pairs(shifts, spread: 0.02, &generator), swaps: 500, seed: 1)
    #expect(quiet.passed && quiet.failures == 0 && quiet.trials == 1000, "\(quiet.detail)")
    let wild = judge.permutation(pairs(shifts, spread: 2, &generator), swaps: 1000, seed: 1)
    #expect(!wild.passed && (wild.failures ?? 0) > 0)
    #expect((wild.value("suspects") ?? 0) >= Double(wild.failures ?? 0))
    // Nearly 0.5 % of wild labellings alarm; one of a hundred does not refute 0.1 %.
    let some = pairs([[0]], spread: 2, &generator)
    let single = (0..<100).filter { judge.permutation(some, swaps: 100, seed: $0).failures == 1 }
    #expect(!single.isEmpty)
    for seed in single {
      #expect(!judge.permutation(some, swaps: 100, seed: seed).passed)
      #expect(Trials.judge(.quick).permutation(some, swaps: 100, seed: seed).passed)
    }
    // The labels decide, not the sign that the pairs happen to have.
    let shifted = judge.permutation(
      pairs([[0.01, 0.01]], spread: 0.001, &generator), swaps: 500, seed: 2)
    #expect(shifted.passed)
    let short = judge.permutation(
      pairs([[0], [0]], spread: 0.02, count: 29, &generator), swaps: 10, seed: 1)
    #expect(!short.passed && short.trials == 0)
    let wildPairs = pairs([[0, 0]], spread: 2, &generator)
    #expect(
      judge.permutation(wildPairs, swaps: 300, seed: 3)
        == judge.permutation(wildPairs, swaps: 300, seed: 3))
    var advised = judge
    advised.advisory = [.duel(0)]
    #expect(advised.permutation(wildPairs, swaps: 10, seed: 3).trials == 0)
  }

  @Test("what being second costs is measured with its sign")
  func order() {
    var generator = SeededGenerator.printed("order")
    let step = Trials.judge().order(
      pairs([[0.003], [0]], spread: 1e-5, second: 0.0085, &generator))
    #expect(step.passed)
    #expect(step.value("largest_percent").map { abs($0 - 0.85) < 0.01 } == true)
  }

  @Test("where code lies: beyond the floor a cell is advisory, beyond half of it it is named")
  func layout() {
    func run(_ changes: [Double]) -> SelfTestGateRun {
      SelfTestGateRun(
        rows: changes.enumerated().map { Trials.row(.pass, $0, change: $1) })
    }
    let step = Trials.judge().layout([
      [run([0.001, 0.012, -0.001]), run([0.002, 0.013, 0.001]), run([0.05, 0.011, 0])],
      [run([0, 0, -0.021])],
    ])
    #expect(step.passed && step.value("builds") == 2)
    #expect(step.value(SelfTestAdvice.name(of: .duel(2)) + " shift_percent") == -2.1)
    #expect(step.value(SelfTestAdvice.name(of: .duel(0)) + " shift_percent") == 0.2)
    let reasons = SelfTestAdvice.reasons([step], for: (0..<3).map { .duel($0) })
    #expect(reasons.keys.map(\.self) == [.duel(2)])
    #expect(step.detail.contains("half the floor: \(Cell.duel(1).name)"), "\(step.detail)")
  }
}
