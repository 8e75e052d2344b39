internal import Plan

/// Which side of a pair goes first: random, and half of all pairs each, as nearly as their number
/// allows.
///
/// The second batch of a pair may be slower for being second (faults: by 0.85 %), so a fixed order
/// would be a bias, and a coin alone leaves one in any 15 pairs.
struct PairOrder {
  private var count = 0
  private var withBFirst = 0

  /// The orders of the next pairs, true where B goes first.
  mutating func next(_ pairs: Int, using generator: inout SeededGenerator) -> [Bool] {
    count += pairs
    // Of an odd number one side has one more; chance says which.
    let odd = count % 2 == 1 && Bool.random(using: &generator) ? 1 : 0
    let wanted = min(max((count + odd) / 2 - withBFirst, 0), pairs)
    withBFirst += wanted
    var orders =
      [Bool](repeating: true, count: wanted) + [Bool](repeating: false, count: pairs - wanted)
    orders.shuffle(using: &generator)
    return orders
  }
}
