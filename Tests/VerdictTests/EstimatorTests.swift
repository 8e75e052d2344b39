import Foundation
import Testing

@testable import Verdict

/// One line of Golden/statistics.txt, which scripts/golden/statistics.py wrote with SciPy.
struct GoldenCase: CustomTestStringConvertible, Sendable {
  let name: String
  let arguments: [Double]
  let data: [Double]
  let expected: [Double]

  var testDescription: String { "\(name) \(arguments) n=\(data.count)" }

  static let all: [GoldenCase] = {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/statistics.txt")
    let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map { line in
      let parts = line.split(separator: "|", omittingEmptySubsequences: false)
      let numbers = parts.dropFirst().map { $0.split(separator: " ").compactMap { Double($0) } }
      return GoldenCase(
        name: parts[0].trimmingCharacters(in: .whitespaces), arguments: numbers[0],
        data: numbers[1], expected: numbers[2])
    }
  }()

  static func named(_ name: String) -> [GoldenCase] { all.filter { $0.name == name } }
}

/// Whether two numbers agree to about twelve digits.
func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
  a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
}

@Suite("Estimators against SciPy")
struct EstimatorTests {
  @Test("the golden file holds every kind of case")
  func goldenFileIsThere() { #expect(GoldenCase.all.count == 225) }

  @Test("signed-rank p-values", arguments: GoldenCase.named("signed-rank-p"))
  func signedRank(_ golden: GoldenCase) {
    let value = PairedShift(golden.data).pValue()
    #expect(isClose(value, golden.expected[0]), "\(value)")
  }

  @Test(
    "signed-rank p-values of the other side", arguments: GoldenCase.named("signed-rank-p-below"))
  func signedRankBelow(_ golden: GoldenCase) {
    let value = PairedShift(golden.data).pValue(below: 0)
    #expect(isClose(value, golden.expected[0]), "\(value)")
  }

  @Test(
    "signed-rank quantiles of 95, 97.5 and 99.9 %",
    arguments: GoldenCase.named("signed-rank-quantile"))
  func signedRankQuantiles(_ golden: GoldenCase) {
    let distribution = SignedRankDistribution(count: Int(golden.arguments[0]))
    let ranks = [0.95, 0.975, 0.999].map { Double(distribution.rank(tail: 1 - $0)) }
    #expect(ranks == golden.expected)
  }

  @Test("Hodges-Lehmann estimate and bounds", arguments: GoldenCase.named("hodges-lehmann"))
  func hodgesLehmann(_ golden: GoldenCase) {
    let shift = PairedShift(golden.data)
    let confidence = golden.arguments[0]
    #expect(isClose(shift.estimate, golden.expected[0]))
    #expect(shift.lowerBound(confidence: confidence) == golden.expected[1])
    #expect(shift.upperBound(confidence: confidence) == golden.expected[2])
  }

  @Test("binomial tails", arguments: GoldenCase.named("binomial"))
  func binomial(_ golden: GoldenCase) {
    let count = Int(golden.arguments[2])
    let binomial = Binomial(
      trials: Int(golden.arguments[0]), probability: golden.arguments[1])
    #expect(isClose(binomial.atMost(count), golden.expected[0], 1e-9))
    #expect(isClose(binomial.atLeast(count), golden.expected[1], 1e-9))
  }

  @Test("Clopper-Pearson bounds", arguments: GoldenCase.named("clopper-pearson"))
  func clopperPearson(_ golden: GoldenCase) {
    let bounds = Binomial.bounds(
      successes: Int(golden.arguments[0]), trials: Int(golden.arguments[1]),
      confidence: golden.arguments[2])
    #expect(isClose(bounds.low, golden.expected[0], 1e-9))
    #expect(isClose(bounds.high, golden.expected[1], 1e-9))
  }

  @Test("median and its interval", arguments: GoldenCase.named("median-interval"))
  func medianInterval(_ golden: GoldenCase) {
    let interval = OrderStatistics.medianInterval(golden.data)
    #expect(isClose(OrderStatistics.median(golden.data), golden.expected[0]))
    #expect(interval.low == golden.expected[1])
    #expect(interval.high == golden.expected[2])
    #expect(isClose(interval.coverage, golden.expected[3]))
  }

  @Test("median absolute and standard deviation", arguments: GoldenCase.named("spread"))
  func spread(_ golden: GoldenCase) {
    #expect(isClose(Spread.medianAbsoluteDeviation(golden.data), golden.expected[0]))
    if let deviation = Spread.standardDeviation(golden.data) {
      #expect(isClose(deviation, golden.expected[1]))
    } else {
      #expect(golden.data.count == 1)
    }
  }

  @Test("quantiles", arguments: GoldenCase.named("quantile"))
  func quantile(_ golden: GoldenCase) {
    #expect(OrderStatistics.quantile(golden.data, golden.arguments[0]) == golden.expected[0])
  }

  @Test("Holm's adjusted p-values", arguments: GoldenCase.named("holm"))
  func holm(_ golden: GoldenCase) {
    let adjusted = Holm.adjusted(golden.data)
    #expect(zip(adjusted, golden.expected).allSatisfy { isClose($0, $1) })
  }
}

@Suite("Estimators against published tables and by their own laws")
struct EstimatorLawTests {
  /// Largest sum significant at 5 %, two-sided, for n = 6…30.
  ///
  /// Source: McCornack, Extended tables of the Wilcoxon matched pair signed rank statistic, 1965.
  static let criticalValues = [
    0, 2, 3, 5, 8, 10, 13, 17, 21, 25, 29, 34, 40, 46, 52, 58, 65, 73, 81, 89, 98, 107, 116, 126,
    137,
  ]

  @Test("critical values of the signed-rank sum")
  func criticalValues() {
    for (offset, critical) in Self.criticalValues.enumerated() {
      #expect(SignedRankDistribution(count: offset + 6).rank(tail: 0.025) == critical + 1)
    }
    #expect(SignedRankDistribution(count: 5).rank(tail: 0.025) == 0)
  }

  @Test("the depression-scale example of Hollander and Wolfe, table 3.1")
  func hollanderWolfe() {
    let before = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
    let after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
    let shift = PairedShift(zip(before, after).map { $0 - $1 })
    #expect(isClose(shift.estimate, 0.46, 1e-9))
    #expect(isClose(shift.pValue(), 10.0 / 512))
    #expect(isClose(shift.lowerBound(confidence: 0.98), 0.01, 1e-9))
    #expect(isClose(shift.upperBound(confidence: 0.98), 0.786, 1e-9))
  }

  @Test("the distribution agrees with counting all sign patterns", arguments: 1...12)
  func byEnumeration(_ count: Int) {
    var ways = [Int](repeating: 0, count: count * (count + 1) / 2 + 1)
    for signs in 0..<(1 << count) {
      var sum = 0
      for rank in 1...count where signs >> (rank - 1) & 1 == 1 { sum += rank }
      ways[sum] += 1
    }
    let distribution = SignedRankDistribution(count: count)
    var total = 0
    for (sum, number) in ways.enumerated() {
      total += number
      #expect(distribution.atMost(sum) == Double(total) / Double(1 << count))
    }
    #expect(distribution.atMost(-1) == 0)
    #expect(distribution.atMost(ways.count) == 1)
  }

  @Test("a lower bound lies above zero exactly when the p-value is small enough")
  func boundsAndPValuesAgree() {
    var random = SeededGenerator.printed("bounds and p-values")
    for _ in 0..<300 {
      let count = Int.random(in: 1...20, using: &random)
      // Coarse values, so that zeros and ties occur.
      let differences = (0..<count).map { _ in Double(Int.random(in: -3...6, using: &random)) }
      let shift = PairedShift(differences)
      for confidence in [0.75, 0.9, 0.96875, 0.99, 0.999] {
        let isAbove = shift.lowerBound(confidence: confidence) > 0
        #expect(PairedShift.isLowerBound(of: differences, confidence: confidence) == isAbove)
        let isAboveOne = shift.lowerBound(confidence: confidence) > 1
        #expect(
          PairedShift.isLowerBound(of: differences, confidence: confidence, above: 1) == isAboveOne)
        #expect(isAbove == (shift.pValue() <= 1 - confidence))
      }
    }
  }

  @Test("a shift, a scale and a change of sign carry over")
  func equivariance() {
    var random = SeededGenerator.printed("equivariance")
    for count in [1, 2, 9, 30] {
      let data = (0..<count).map { _ in Double(Int.random(in: -999...999, using: &random)) }
      let shift = PairedShift(data)
      let moved = PairedShift(data.map { 2 * $0 + 64 })
      let turned = PairedShift(data.map { -$0 })
      #expect(moved.estimate == 2 * shift.estimate + 64)
      #expect(turned.estimate == -shift.estimate)
      #expect(turned.lowerBound(confidence: 0.975) == -shift.upperBound(confidence: 0.975))
    }
  }

  @Test("the median's bounds cover as often as they say")
  func coverage() {
    var random = SeededGenerator(seed: 7)
    for count in [4, 6, 11, 30] {
      var covered = 0
      var promised = 0.0
      for _ in 0..<2_000 {
        let interval = OrderStatistics.medianInterval(
          (0..<count).map { _ in Double.random(in: 0..<1, using: &random) })
        if interval.low <= 0.5, 0.5 <= interval.high { covered += 1 }
        promised = interval.coverage
      }
      #expect(abs(Double(covered) / 2_000 - promised) < 0.02)
      #expect(promised >= 0.95 || count < 6)
    }
  }

  @Test("Holm with a family larger than the tests given")
  func holmFamily() {
    #expect(Holm.adjusted([0.01, 0.02, 0.03, 0.04]) == [0.04, 0.06, 0.06, 0.06])
    #expect(Holm.adjusted([0.001, 0.5], familySize: 100) == [0.1, 1])
    #expect(Holm.adjusted([]) == [])
  }

  @Test("logarithm and exponential against the C library")
  func logarithms() {
    var random = SeededGenerator.printed("logarithm")
    var worst = 0.0
    for step in 0..<20_000 {
      let scale = Foundation.exp(
        Double.random(in: step % 2 == 0 ? -1...1 : -600...600, using: &random))
      let log = Foundation.log(scale)
      worst = max(worst, abs(Logarithm.log(scale) - log) / log.ulp)
      let exponent = Double.random(in: step % 2 == 0 ? -1...1 : -600...600, using: &random)
      let exp = Foundation.exp(exponent)
      worst = max(worst, abs(Logarithm.exp(exponent) - exp) / exp.ulp)
    }
    #expect(worst <= 2, "\(worst) units in the last place")
    #expect(Logarithm.log(1) == 0)
    #expect(Logarithm.exp(0) == 1)
    #expect(isClose(Logarithm.log(.leastNonzeroMagnitude), Foundation.log(.leastNonzeroMagnitude)))
    #expect(
      isClose(Logarithm.log(.greatestFiniteMagnitude), Foundation.log(.greatestFiniteMagnitude)))
  }
}
