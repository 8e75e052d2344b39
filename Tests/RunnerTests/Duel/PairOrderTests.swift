import Plan
import Testing

@testable import Runner

/// Which side of a pair goes first.
@Suite struct PairOrderTests {
  @Test("half of all pairs go each way, whatever the portions they are drawn in")
  func balance() {
    var random = printedGenerator("pair order")
    for _ in 0..<300 {
      var order = PairOrder()
      var drawn: [Bool] = []
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let count = Int.random(in: 0...40, using: &random)
        let next = order.next(count, using: &random)
        #expect(next.count == count)
        drawn += next
        let withBFirst = drawn.filter { $0 }.count
        #expect(abs(2 * withBFirst - drawn.count) <= 1, "\(withBFirst) of \(drawn.count)")
      }
    }
  }

  @Test("each place goes each way about equally often, and the odd pair to either side")
  func chance() {
    var random = SeededGenerator(seed: 42)
    var places = [Int](repeating: 0, count: 15)
    var withBFirst = 0
    for _ in 0..<2000 {
      var order = PairOrder()
      let drawn = order.next(15, using: &random)
      withBFirst += drawn.filter { $0 }.count
      for (place, isBFirst) in drawn.enumerated() where isBFirst { places[place] += 1 }
    }
    // Six standard deviations of a fair coin, of 2000 throws, are 134.
    #expect(places.allSatisfy { abs($0 - 1000) < 134 }, "\(places)")
    #expect(abs(withBFirst - 15_000) < 134)
  }

  @Test("equal seeds give equal orders, others do not")
  func seeds() {
    func drawn(_ seed: UInt64) -> [Bool] {
      var random = SeededGenerator(seed: seed)
      var order = PairOrder()
      return order.next(30, using: &random) + order.next(30, using: &random)
    }
    #expect(drawn(1) == drawn(1))
    #expect(Set((0..<20).map { drawn($0) }).count == 20)
  }
}
