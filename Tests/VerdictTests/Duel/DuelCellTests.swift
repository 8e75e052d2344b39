import Testing

@testable import Verdict

/// Every branch of one cell's state machine, on pairs whose bounds are known by construction.
@Suite("The duel's rule, step by step")
struct DuelCellTests {
  /// Pairs symmetric about a relative change, evenly spread over ± `spread`.
  ///
  /// The estimate is the change; at 15 pairs the 97.5 % bounds are about 0.3 spreads away, at 30
  /// about 0.2.
  static func pairs(_ change: Double, spread: Double = 0.001, count: Int = 30) -> [Double] {
    let center = Logarithm.log(1 + change)
    // Interleaved so that the first half is spread like the whole.
    return (0..<count).map { index in
      let place = Double(index / 2 + 1) / Double((count + 1) / 2)
      return center + (index % 2 == 0 ? place : -place) * spread
    }
  }

  static func cell(
    family: Int = 9, earlier: [[Double]] = [], confirms: Bool = false
  ) -> DuelCell {
    DuelCell(
      cell: .duel(), limits: .fixedRuns, familySize: family, earlier: earlier,
      confirmsImprovement: confirms)
  }

  /// Follows the rule, one run after another, the last one repeated.
  static func settled(
    _ runs: [[Double]], family: Int = 9, earlier: [[Double]] = [], confirms: Bool = false
  ) -> DuelCell {
    var cell = cell(family: family, earlier: earlier, confirms: confirms)
    cell.run { runs[min($0, runs.count - 1)] }
    return cell
  }

  @Test("nothing measured yet: fifteen pairs are wanted, nothing is said")
  func fresh() {
    let cell = Self.cell()
    #expect(cell.next == .pairs(15))
    #expect(cell.judgement == .inconclusive)
    #expect(cell.change == nil)
    #expect(cell.reason == "not finished, after 0 pairs")
  }

  @Test("fifteen pairs that exclude the tolerance pass", arguments: [0, 0.01, 0.025, -0.01])
  func passesFirst(change: Double) {
    let cell = Self.settled([Self.pairs(change)])
    #expect(cell.judgement == .pass)
    #expect(cell.runs.map(\.count) == [15])
    #expect(cell.row.reason == "")
    #expect(cell.row.limit == 0.02)
    #expect(abs((cell.change?.value ?? 1) - change) < 0.0005)
  }

  @Test("fifteen pairs too wide for a pass become thirty, and pass there")
  func passesFull() {
    var cell = Self.cell()
    cell.add(Self.pairs(0, spread: 0.11, count: 15))
    #expect(cell.next == .pairs(15))
    #expect(cell.judgement == .inconclusive)
    cell.add(Self.pairs(0, count: 15))
    #expect(cell.next == .settled)
    #expect(cell.judgement == .pass)
  }

  @Test("a suspect below the tolerance is not cleared by its full run, nor by itself confirmed")
  func suspect() {
    // At fifteen pairs too wide; the second fifteen narrow it to an interval inside 2…3 %.
    var cell = Self.cell()
    cell.add(Self.pairs(0.025, spread: 0.02, count: 15))
    #expect(cell.next == .pairs(15))
    cell.add(Self.pairs(0.025, spread: 0.0001, count: 15))
    #expect((cell.pooled?.look.high ?? 1) < Logarithm.log(1.03))
    #expect(cell.next == .freshRun(pairs: 30))
    #expect(cell.judgement == .inconclusive)
    cell.beginFreshRun()
    #expect(cell.next == .pairs(30))
    cell.add(Self.pairs(0.025))
    #expect(cell.judgement == .regressed)
    #expect(cell.reason == "60 pairs, fresh runs alone +2.5 %")
  }

  @Test("a regression takes a first run, a fresh run, and no more")
  func regresses() {
    let cell = Self.settled([Self.pairs(0.05)])
    #expect(cell.judgement == .regressed)
    #expect(cell.next == .settled)
    #expect(cell.runs.map(\.count) == [30, 30])
  }

  @Test("a first run that the fresh run does not repeat is no regression")
  func oneBadProcess() {
    let cell = Self.settled([Self.pairs(0.04), Self.pairs(0)])
    #expect(cell.judgement == .pass)
    #expect(cell.runs.count == 2)
    let far = Self.settled([Self.pairs(0.10), Self.pairs(0), Self.pairs(0)])
    #expect(far.judgement == .inconclusive)
    #expect(far.runs.count == 3)
    // Two processes of three: the pool says slower, and so did a fresh run, but not the last.
    let twice = Self.settled([Self.pairs(0.10), Self.pairs(0.012), Self.pairs(0.05)])
    #expect(twice.judgement == .regressed)
    #expect(twice.runs.count == 3)
  }

  @Test("a fresh run above its own floor needs the pool above the other")
  func floors() {
    // Each fresh run shows 1.7 %, and so does the pool: neither a regression nor excluded.
    let small = Self.settled([Self.pairs(0.017, spread: 0.08), Self.pairs(0.017, spread: 0.08)])
    #expect(small.judgement == .pass)
    // 1.4 % on its own does not confirm what the pool says.
    let weak = Self.settled([Self.pairs(0.2, spread: 0.001), Self.pairs(0.014, spread: 0.005)])
    #expect(weak.judgement != .regressed)
    #expect((weak.freshLooks[0].fresh.low) > 0)
    #expect((weak.freshLooks[0].estimate) < Logarithm.log(1.015))
  }

  @Test("two fresh runs that settle nothing are inconclusive, and say what would")
  func inconclusive() {
    let wide = Self.settled([Self.pairs(0.02, spread: 0.2)])
    #expect(wide.judgement == .inconclusive)
    #expect(wide.runs.map(\.count) == [30, 30, 30])
    #expect(wide.reason.hasPrefix("90 pairs in 2 fresh runs show neither"), "\(wide.reason)")
    #expect(wide.reason.contains("more would settle it"), "\(wide.reason)")
    #expect(wide.reason.contains("within the hour"))
    let wild = Self.settled([Self.pairs(0.0299, spread: 2)])
    #expect(wild.judgement == .inconclusive)
    #expect(wild.reason.hasSuffix("only a quieter machine would settle it"), "\(wild.reason)")
    let torn = Self.settled([Self.pairs(0.1), Self.pairs(0.1, spread: 0.5), Self.pairs(0)])
    #expect(torn.judgement == .inconclusive)
    #expect(torn.reason.contains("quieter machine"), "\(torn.reason)")
  }

  @Test("above thirty cells full and fresh runs have sixty pairs")
  func largeFamily() {
    #expect(Self.settled([Self.pairs(0.05, count: 60)], family: 30).runs.map(\.count) == [30, 30])
    let large = Self.settled([Self.pairs(0.05, count: 60)], family: 31)
    #expect(large.runs.map(\.count) == [60, 60])
    #expect(large.judgement == .regressed)
    #expect(Self.settled([Self.pairs(0, count: 60)], family: 31).runs.map(\.count) == [15])
  }

  @Test("looks cannot be had by adding pairs one by one")
  func noPeeking() {
    // The first fifteen are wide; a look at twenty would pass.
    let pairs = Self.pairs(0, spread: 0.1, count: 15) + Self.pairs(0, count: 15)
    var cell = Self.cell()
    for (index, pair) in pairs.enumerated() {
      #expect(cell.next == .pairs((index < 15 ? 15 : 30) - index))
      cell.add([pair])
    }
    #expect(cell.judgement == .pass)
    #expect(cell.runs == [pairs])
    cell.add([9])
    cell.beginFreshRun()
    #expect(cell.runs == [pairs], "a settled cell takes no more")
  }

  @Test("a stopped cell is refused without a pair, inconclusive with some; the first reason counts")
  func stopped() {
    var none = Self.cell()
    none.stop("B has no such cell")
    none.stop("the worker is gone")
    #expect(none.next == .settled)
    #expect(none.judgement == .refused)
    #expect(none.reason == "B has no such cell")
    #expect(none.change == nil)
    var some = Self.cell()
    some.add([0.01, 0.02, 0.015])
    some.stop("worker B died")
    #expect(some.judgement == .inconclusive)
    #expect(some.reason == "worker B died, after 3 pairs")
    #expect(some.change == nil, "three pairs have no bounds")
    var more = Self.cell()
    more.add(Self.pairs(0.05, count: 10))
    more.stop("worker B died")
    #expect(abs((more.change?.value ?? 0) - 0.05) < 0.0005)
    var done = Self.settled([Self.pairs(0)])
    done.stop("worker B died")
    #expect(done.judgement == .pass, "what was settled stays")
  }

  @Test(
    "a time of zero stops the cell instead of spoiling it",
    arguments: [
      Double.infinity, -.infinity, .nan,
    ])
  func noTime(ratio: Double) {
    var cell = Self.cell()
    cell.add([0.01, ratio])
    #expect(cell.judgement == .refused)
    #expect(cell.reason == "a batch took no measurable time")
    #expect(cell.runs == [[]])
    #expect(Self.cell(earlier: [[ratio], []]).earlier.isEmpty)
  }

  @Test("ratios beyond all sense neither trap nor print")
  func huge() {
    for value in [1e300, -1e300] {
      let cell = Self.settled([[Double](repeating: value, count: 30)])
      #expect(cell.change == nil)
      #expect(cell.judgement == (value > 0 ? .regressed : .improved))
      #expect(!cell.reason.isEmpty)
    }
  }
}
