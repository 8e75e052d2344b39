/// How many calls make a batch.
enum Calibration {
  private static let tries = 15
  private static let enoughNanoseconds = 300_000
  private static let longestNanoseconds = 20_000_000
  /// No batch of work has so many calls; a clock that stands still would ask for more.
  private static let mostCalls = 1 << 40

  /// The call count that takes about `targetNanoseconds`.
  ///
  /// The count grows until the best of 15 tries takes 0.3 ms, and is scaled from there: doubling
  /// from single tries came out up to 110 times too short under load, this repeats to ±4 %
  /// (METHODOLOGY.md, calibration). A call longer than a batch is a batch.
  static func calls(targetNanoseconds: Int, time: (Int) -> Int) -> Int {
    var calls = 1
    while true {
      var best = Int.max
      for attempt in 0..<tries {
        best = min(best, max(time(calls), 1))
        // A long call needs no 15 tries: noise is small against it. Many calls that take long are
        // noise themselves, for their count was chosen to be short: three such tries in a row came
        // out 30 times too short.
        if calls == 1, attempt >= 2, best > longestNanoseconds / 4 { break }
      }
      if best >= enoughNanoseconds || calls >= mostCalls {
        let scaled = Double(calls) * Double(targetNanoseconds) / Double(best)
        return max(Int(min(scaled, Double(mostCalls)).rounded()), 1)
      }
      calls *= min(max(enoughNanoseconds * 5 / 4 / best, 2), 16)
    }
  }
}
