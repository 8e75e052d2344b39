import Testing

@testable import Verdict

/// What must hold whatever the pairs are.
@Suite("Laws of the duel's rule")
struct DuelLawTests {
  /// Three runs of thirty pairs: noise with heavy tails, a little of it of the run.
  static func runs(
    _ random: inout SeededGenerator, center: Double, spread: Double, ofRun: Double = 0
  ) -> [[Double]] {
    (0..<3).map { _ in
      let shift = center + ofRun * random.normal()
      return (0..<30).map { _ in
        let tail = Int.random(in: 0..<20, using: &random) == 0 ? 8.0 : 1
        return shift + spread * tail * random.normal()
      }
    }
  }

  static func settled(
    _ runs: [[Double]], earlier: [[Double]] = [], confirms: Bool = false
  ) -> DuelCell {
    DuelCellTests.settled(runs, earlier: earlier, confirms: confirms)
  }

  @Test("pairs symmetric about no change: none of a thousand comparisons regresses, quiet or noisy")
  func falseAlarms() {
    var random = SeededGenerator(seed: 41)
    var counts: [Judgement: Int] = [:]
    for number in 0..<1_000 {
      // From quiet to so noisy that most comparisons need every run.
      let spread = [0.01, 0.02, 0.04, 0.08, 0.16][number % 5]
      let cell = Self.settled(Self.runs(&random, center: 0, spread: spread))
      counts[cell.judgement, default: 0] += 1
    }
    #expect(counts[.regressed] == nil, "\(counts)")
    #expect((counts[.pass] ?? 0) > 600, "\(counts)")
    #expect((counts[.inconclusive] ?? 0) > 40, "the noisy ones must reach the last step")
  }

  @Test("slowing B never turns a regression into anything else, nor anything into a pass")
  func monotone() {
    var random = SeededGenerator.printed("monotone")
    var regressed = 0
    for _ in 0..<20 {
      let runs = Self.runs(&random, center: 0.02, spread: 0.03, ofRun: 0.01)
      var previous = Judgement.pass
      for step in 0...6 {
        let scaled = runs.map { $0.map { $0 + Double(step) * 0.01 } }
        let judgement = Self.settled(scaled).judgement
        #expect(rank(judgement) >= rank(previous), "\(previous) became \(judgement)")
        previous = judgement
      }
      if previous == .regressed { regressed += 1 }
    }
    #expect(regressed > 10)
  }

  /// A regression must never become a pass by more slowness; open may become either way slower.
  private func rank(_ judgement: Judgement) -> Int {
    switch judgement {
    case .improved: 0
    case .pass: 1
    case .inconclusive: 2
    case .regressed, .refused: 3
    }
  }

  @Test("A and B exchanged: a regression is a confirmed improvement, and the interval is turned")
  func mirror() {
    var random = SeededGenerator.printed("mirror")
    var found: Set<Judgement> = []
    for number in 0..<60 {
      let center = [0, 0.03, 0.06][number % 3]
      let runs = Self.runs(&random, center: center, spread: 0.03, ofRun: 0.01)
      let turned = runs.map { $0.map { -$0 } }
      let plain = Self.settled(runs, confirms: true)
      let mirrored = Self.settled(turned, confirms: true)
      #expect((plain.slower.finding == .found) == (mirrored.judgement == .improved))
      #expect((plain.judgement == .improved) == (mirrored.slower.finding == .found))
      found.insert(mirrored.judgement)
      if plain.runs == mirrored.runs.map({ $0.map { -$0 } }), let a = plain.pooled,
        let b = mirrored.pooled
      {
        #expect(a == b.mirrored)
      }
    }
    #expect(found.isSuperset(of: [.pass, .improved]))
  }

  @Test("the order of the pairs within a look changes nothing")
  func permutation() {
    var random = SeededGenerator.printed("permutation")
    for number in 0..<20 {
      let center = Double(number % 5) * 0.01
      let runs = Self.runs(&random, center: center, spread: 0.04)
      var shuffled = runs.map { $0.shuffled(using: &random) }
      // The first run is looked at twice, after fifteen pairs and after all.
      shuffled[0] =
        runs[0][..<15].shuffled(using: &random) + runs[0][15...].shuffled(using: &random)
      for earlier in [[], [runs[2]], [runs[2], runs[1]]] {
        let one = Self.settled(runs, earlier: earlier)
        let other = Self.settled(shuffled, earlier: earlier.map { $0.shuffled(using: &random) })
        #expect(one.row == other.row)
        #expect(one.runs.map(\.count) == other.runs.map(\.count))
      }
    }
  }

  @Test("an earlier regression is green again only when all pairs exclude the tolerance")
  func earlierRegressions() {
    var random = SeededGenerator.printed("earlier regressions")
    var stood = 0
    for _ in 0..<30 {
      let earlier = Self.runs(&random, center: 0.04, spread: 0.02)
      guard Self.settled(earlier).judgement == .regressed else { continue }
      let cell = Self.settled(
        Self.runs(&random, center: -0.01, spread: 0.03), earlier: Array(earlier[..<2]))
      if cell.judgement == .regressed { stood += 1 }
      let isExcluded = (cell.pooled?.look.high ?? 1) < Logarithm.log(1.03)
      #expect((cell.judgement == .regressed) == !isExcluded)
    }
    #expect(stood > 0)
  }
}
