internal import ArgumentParser

/// How a verb measures.
struct MeasuringOptions: ParsableArguments {
  @Option(help: "The core to measure on; by default the last one allowed.")
  var core: Int?

  @Option(help: "Seed of all orders; by default drawn, and recorded.")
  var seed: UInt64?

  /// The core.
  ///
  /// - Throws: `Failure` for one that we may not use.
  func chosenCore() throws(Failure) -> Int { try CPUList.chosen(core) }

  /// The seed, drawn where none is given: a new one each time.
  func chosenSeed() -> UInt64 { seed ?? UInt64.random(in: 0...UInt64(Int64.max)) }
}
