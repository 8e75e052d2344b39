import Foundation
import Testing

@testable import Verdict

/// The rule on recorded pairs: what it costs, what it misses, and that it does not cry wolf.
@Suite("The duel's rule on recorded pairs")
struct DuelReplayTests {
  static let golden = RecordedPairs.golden

  @Test("the recorded pairs are there")
  func isThere() {
    #expect(Self.golden.count("I_AA") == 252)
    #expect(Self.golden.count("I_INJ", effect: 0.01) == 144)
    #expect(Self.golden.count("I_INJ", effect: 0.03) == 144)
    #expect(Self.golden.series.allSatisfy { $0.logRatios.allSatisfy { $0.count == 30 } })
  }

  @Test("real work repeated: one percent is never a regression, three percent nearly always")
  func injected() {
    let small = Self.golden.replay("I_INJ", effect: 0.01)
    let large = Self.golden.replay("I_INJ", effect: 0.03)
    #expect(small[.regressed] == 0, "\(small)")
    #expect(large[.regressed] == 141, "\(large)")
  }

  /// The whole experiment: `DUEL_PAIRS` names the file that `duel_pairs.py FOLDER` writes.
  @Test(
    "all recorded pairs",
    .enabled(if: ProcessInfo.processInfo.environment["DUEL_PAIRS"] != nil))
  func everything() {
    let path = ProcessInfo.processInfo.environment["DUEL_PAIRS"] ?? ""
    let all = RecordedPairs(URL(filePath: path))
    for scale in [1, 1.01, 1.02, 1.03, 1.05, 1.1, 1 / 1.03, 1 / 1.05] {
      print("I_AA, B scaled by \(scale): \(all.replay("I_AA", scale: scale))")
    }
    for effect in [0.01, 0.02, 0.03, 0.05, 0.1] {
      print("I_INJ at \(effect): \(all.replay("I_INJ", effect: effect))")
    }
    for scale in [1, 1.03, 1.05] {
      print("H_I, B scaled by \(scale): \(all.replay("H_I", scale: scale))")
    }
  }
}
