import Foundation

@testable import Verdict

/// SplitMix64: random cases that a printed seed brings back.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A new seed for each run, or `TEST_SEED`; printed so that a failure can be repeated.
  static func printed(_ name: String) -> SeededGenerator {
    let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(name): TEST_SEED=\(seed)")
    return SeededGenerator(seed: seed)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A standard normal value, by the polar method.
  mutating func normal() -> Double {
    while true {
      let x = Double.random(in: -1..<1, using: &self)
      let y = Double.random(in: -1..<1, using: &self)
      let square = x * x + y * y
      if square > 0, square < 1 { return x * (-2 * Logarithm.log(square) / square).squareRoot() }
    }
  }
}
