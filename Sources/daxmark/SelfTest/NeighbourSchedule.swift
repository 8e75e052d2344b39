internal import Plan

/// When the bundled neighbour works and when it rests: bursts of random length, a fifth of the time
/// in all.
///
/// It follows its own totals, so that the share holds also where the neighbour has to wait for the
/// core that it disturbs.
struct NeighbourSchedule {
  /// Share of the time that it computes.
  static let duty = 0.2
  /// Lengths of a burst in nanoseconds of its own CPU time.
  static let bursts = 2_000_000...30_000_000
  /// The shortest rest; without one it would be a steady load.
  static let restMinimum = 1_000_000

  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// How long the next burst is.
  mutating func burst() -> Int { Int.random(in: Self.bursts, using: &generator) }

  /// How long to rest now.
  ///
  /// - Parameters:
  ///   - cpuNanoseconds: What it has computed since it began.
  ///   - wallNanoseconds: How long ago that was.
  /// - Returns: The rest in nanoseconds.
  func rest(cpuNanoseconds: Int, wallNanoseconds: Int) -> Int {
    max(Self.restMinimum, Int(Double(cpuNanoseconds) / Self.duty) - wallNanoseconds)
  }
}
