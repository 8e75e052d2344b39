import Testing

@testable import Verdict

@Suite("The duel's rule over several invocations, and for improvements")
struct DuelEarlierTests {
  static func pairs(_ change: Double, _ spread: Double = 0.001) -> [Double] {
    DuelCellTests.pairs(change, spread: spread)
  }

  @Test("an invocation that meets earlier runs starts as a fresh run and pools with them")
  func pools() {
    let first = Array(Self.pairs(0)[..<15])
    var cell = DuelCellTests.cell(earlier: [first])
    #expect(cell.next == .pairs(30))
    cell.add(Self.pairs(0))
    #expect(cell.judgement == .pass)
    #expect(cell.pooled?.count == 45)
    // A regression that came in between needs no first run again.
    let slow = DuelCellTests.settled([Self.pairs(0.06)], earlier: [first])
    #expect(slow.judgement == .regressed)
    #expect(slow.runs.map(\.count) == [30])
    // Two fresh runs are all that one invocation gets.
    let open = DuelCellTests.settled([Self.pairs(0.02, 0.3)], earlier: [Self.pairs(0.02, 0.3)])
    #expect(open.judgement == .inconclusive)
    #expect(open.runs.map(\.count) == [30, 30])
  }

  @Test("running again does not turn a regression green")
  func stands() {
    let earlier = [Self.pairs(0.05), Self.pairs(0.05)]
    var cell = DuelCellTests.cell(earlier: earlier)
    #expect(cell.judgement == .regressed)
    #expect(cell.reason.hasPrefix("regressed in an earlier run"))
    cell.add(Self.pairs(0))
    #expect(cell.next == .settled)
    #expect(cell.judgement == .regressed, "the pool does not exclude it")
    #expect(
      cell.reason
        == "regressed in an earlier run of this duel, and 90 pairs together do not exclude it")
    var stopped = DuelCellTests.cell(earlier: earlier)
    stopped.stop("worker A died")
    #expect(stopped.judgement == .regressed)
    #expect(stopped.reason.hasSuffix("worker A died"))
  }

  @Test("enough pairs overturn a regression, and say so")
  func overturned() {
    let earlier = [Self.pairs(0.05), Self.pairs(0.05)] + Array(repeating: Self.pairs(0), count: 6)
    let cell = DuelCellTests.settled([Self.pairs(0)], earlier: earlier)
    #expect(cell.judgement == .pass)
    let barely = DuelCellTests.settled(
      [Self.pairs(0, 0.01)],
      earlier: [Self.pairs(0.05, 0.01), Self.pairs(0.03, 0.01), Self.pairs(0)])
    #expect(barely.judgement == .pass)
    #expect(barely.reason.hasSuffix("overturn an earlier regression"), "\(barely.reason)")
  }

  @Test("a long history is pooled up to its newest pairs")
  func longHistory() {
    let earlier = Array(repeating: Self.pairs(0), count: 14)
    let cell = DuelCellTests.settled([Self.pairs(0)], earlier: earlier)
    #expect(cell.pooled?.count == DuelCell.pooledMaximum)
    #expect(cell.judgement == .pass)
  }

  @Test("an improvement passes at once, and is named when all pairs are sure")
  func improved() {
    let cell = DuelCellTests.settled([Self.pairs(-0.05)])
    #expect(cell.judgement == .improved)
    #expect(cell.runs.map(\.count) == [15])
    #expect(cell.reason == "15 pairs, not repeated")
    #expect(DuelCellTests.settled([Self.pairs(-0.015)]).judgement == .pass, "below the floor")
    #expect(DuelCellTests.settled([Self.pairs(-0.05, 0.2)]).judgement == .pass, "too wide")
  }

  @Test("an improvement that has to be confirmed takes a fresh run that agrees")
  func confirmed() {
    let cell = DuelCellTests.settled([Self.pairs(-0.05)], confirms: true)
    #expect(cell.judgement == .improved)
    #expect(cell.runs.map(\.count) == [30, 30])
    #expect(cell.reason == "60 pairs, fresh runs alone -5.0 %")
    let once = DuelCellTests.settled([Self.pairs(-0.05), Self.pairs(0)], confirms: true)
    #expect(once.judgement == .pass)
    #expect(DuelCellTests.settled([Self.pairs(0)], confirms: true).runs.map(\.count) == [15])
    // Never decided: it is not slower, so it passes all the same.
    let open = DuelCellTests.settled([Self.pairs(-0.025, 0.3)], confirms: true)
    #expect(open.judgement == .pass)
    #expect(open.runs.count == 3)
    var stopped = DuelCellTests.cell(confirms: true)
    stopped.add(Array(Self.pairs(-0.05)[..<15]))
    #expect(stopped.next == .pairs(15))
    stopped.stop("worker B died")
    #expect(stopped.judgement == .pass)
    #expect(stopped.reason == "faster in 15 pairs, not confirmed")
  }
}
