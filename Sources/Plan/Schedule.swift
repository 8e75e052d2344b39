/// A small deterministic generator for orders: SplitMix64.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// A generator; equal seeds give equal sequences on every machine.
  public init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// The order in which a round visits its cells.
///
/// Groups (cells that differ only in routine or engine, with their frozen reference) are visited in
/// random order and stay together, so that competitors meet the same caches and moment. Every
/// odd round is the mirror of the even one before it: each cell comes as often before as after any
/// other, whatever the drift inside a round.
public struct Schedule: Sendable {
  private let groups: [[Int]]
  private let seed: UInt64

  /// A schedule over cells by index; cells of equal neighbourhood are kept together.
  public init(cells: [Cell], seed: UInt64) {
    var order: [Cell: Int] = [:]
    var groups: [[Int]] = []
    for (index, cell) in cells.enumerated() {
      let group = cell.neighbourhood
      if let known = order[group] {
        groups[known].append(index)
      } else {
        order[group] = groups.count
        groups.append([index])
      }
    }
    self.groups = groups
    self.seed = seed
  }

  /// Cell indices of one round, group by group.
  public func round(_ round: Int) -> [[Int]] {
    var generator = SeededGenerator(seed: seed &+ UInt64(round / 2) &* 0x9e37_79b9)
    var shuffled = groups
    for index in shuffled.indices { shuffled[index].shuffle(using: &generator) }
    shuffled.shuffle(using: &generator)
    if round % 2 == 0 { return shuffled }
    return shuffled.reversed().map { $0.reversed() }
  }
}
