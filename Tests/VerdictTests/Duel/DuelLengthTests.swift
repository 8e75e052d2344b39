import Testing

@testable import Verdict

/// How long runs are, and what a regression must exclude: where the rule goes beyond fixed runs.
@Suite("The duel's rule on cells that spread")
struct DuelLengthTests {
  /// Normal log ratios about a relative change, by the seed.
  private static func pairs(
    _ change: Double, spread: Double, _ generator: inout SeededGenerator
  ) -> [Double] {
    (0..<300).map { _ in Logarithm.log(1 + change) + spread * generator.normal() }
  }

  private static func settled(
    _ change: Double, spread: Double, limits: DuelLimits = DuelLimits(),
    _ generator: inout SeededGenerator
  ) -> DuelCell {
    var cell = DuelCell(cell: .duel(), limits: limits, familySize: 9)
    var runs: [[Double]] = []
    cell.run { number in
      while runs.count <= number { runs.append(pairs(change, spread: spread, &generator)) }
      return runs[number]
    }
    return cell
  }

  @Test("a steady cell has runs of thirty pairs, one that spreads longer ones, up to 120")
  func lengths() {
    var generator = SeededGenerator.printed("lengths")
    for _ in 0..<20 {
      let steady = Self.settled(0.05, spread: 0.01, &generator)
      #expect(steady.runs.map(\.count) == [30, 30])
      let spreading = Self.settled(0.1, spread: 0.05, &generator)
      #expect(spreading.judgement == .regressed)
      #expect(spreading.runs.allSatisfy { $0.count > 45 && $0.count <= 120 })
      #expect(spreading.runs.allSatisfy { $0.count % 15 == 0 })
      let wild = Self.settled(0.5, spread: 0.3, &generator)
      #expect(wild.runs.allSatisfy { $0.count == 120 }, "\(wild.runs.map(\.count))")
    }
  }

  @Test("looks double, and the first that excludes the tolerance clears the cell")
  func looks() {
    var cell = DuelCell(cell: .duel(), familySize: 9)
    var wanted: [Int] = []
    while case .pairs(let count) = cell.next {
      wanted.append(count)
      cell.add(DuelCellTests.pairs(0.03, spread: 0.5, count: count))
    }
    #expect(wanted == [15, 15, 30, 60])
    #expect(cell.next == .freshRun(pairs: 120))
    cell.beginFreshRun()
    #expect(cell.next == .pairs(120))
    var clear = DuelCell(cell: .duel(), familySize: 9)
    clear.add(DuelCellTests.pairs(0, spread: 0.15, count: 15))
    #expect(clear.next == .pairs(15))
    clear.add(DuelCellTests.pairs(0, spread: 0.0001, count: 15))
    #expect(clear.next == .settled)
    #expect(clear.judgement == .pass)
    #expect(clear.runs.map(\.count) == [30])
  }

  @Test("an early look does not clear a cell that looks slower, however little")
  func earlySuspect() {
    let run = DuelCellTests.pairs(0.025, spread: 0.001, count: 300)
    var cell = DuelCell(cell: .duel(), familySize: 9)
    cell.run { _ in run }
    #expect(cell.judgement == .regressed)
    var cleared = DuelCell(cell: .duel(), limits: .fixedRuns, familySize: 9)
    cleared.run { _ in run }
    #expect(cleared.judgement == .pass && cleared.runs.map(\.count) == [15])
  }

  @Test("all pairs of a regression exclude a change of one percent")
  func certain() {
    // Ninety pairs about 2.3 %, so wide that 0.5 % cannot be excluded: above zero, and no more.
    let run = DuelCellTests.pairs(0.023, spread: 0.08)
    var limits = DuelLimits.fixedRuns
    func judgement() -> Judgement {
      var cell = DuelCell(cell: .duel(), limits: limits, familySize: 9)
      cell.run { _ in run }
      return cell.judgement
    }
    #expect(judgement() == .regressed)
    limits.certainFloor = 0.01
    #expect(judgement() == .inconclusive)
  }

  @Test("cells as noisy as this machine's: one percent hardly ever regresses, more is found")
  func power() {
    var generator = SeededGenerator.printed("power")
    func regressed(_ change: Double, of count: Int) -> Int {
      (0..<count).count { round in
        let spread = [0.015, 0.03, 0.055][round % 3]
        let cell = Self.settled(change, spread: spread, &generator)
        return cell.judgement == .regressed
      }
    }
    #expect(regressed(0, of: 60) == 0)
    // One of 16,500 did, in a simulation of this rule: two of 60 are a defect and no chance.
    #expect(regressed(0.01, of: 60) <= 1)
    #expect(regressed(0.03, of: 60) >= 50)
    #expect(regressed(0.05, of: 60) >= 57)
  }

  @Test("an earlier run decides how long the first run of this invocation is")
  func earlier() {
    var generator = SeededGenerator.printed("earlier")
    let noisy = Array(Self.pairs(0.02, spread: 0.05, &generator).prefix(30))
    let cell = DuelCell(cell: .duel(), familySize: 9, earlier: [noisy])
    guard case .pairs(let count) = cell.next else {
      Issue.record("\(cell.next)")
      return
    }
    #expect(count > 60)
  }
}
