import Plan
import Testing

@testable import Verdict

@Suite("The duel's verdict over all cells")
struct DuelOutcomeTests {
  static let sides = [
    GateReport.Side(label: "A", value: "HEAD~1"), GateReport.Side(label: "B", value: "HEAD"),
  ]

  /// One settled cell for each change.
  static func cells(
    _ changes: [Double], spread: Double = 0.001, family: Int? = nil, confirms: Bool = false
  ) -> [DuelCell] {
    changes.enumerated().map { number, change in
      var cell = DuelCell(
        cell: .duel(number), familySize: family ?? changes.count, confirmsImprovement: confirms)
      cell.run { _ in DuelCellTests.pairs(change, spread: spread, count: 60) }
      return cell
    }
  }

  static func outcome(
    _ cells: [DuelCell], references: [Cell: [Double]] = [:], failOnImprovement: Bool = false
  ) -> DuelOutcome {
    DuelOutcome(
      cells: cells, referenceShifts: references, notices: ["A note."], sides: sides,
      unmatched: [GateReport.Unmatched(reason: "only in A", cells: [.duel(99)])],
      failOnImprovement: failOnImprovement)
  }

  static func references(_ count: Int, _ change: Double, pairs: Int = 20) -> [Cell: [Double]] {
    var shifts: [Cell: [Double]] = [:]
    for number in 0..<count {
      guard let reference = Cell.duel(number).reference else { continue }
      shifts[reference] = DuelCellTests.pairs(change, count: pairs)
    }
    return shifts
  }

  @Test("the worst decides the exit code, and comes first")
  func exitStatus() {
    var refused = DuelCell(cell: .duel(7), familySize: 4)
    refused.stop("B cannot prepare it")
    var open = DuelCell(cell: .duel(8), familySize: 4)
    open.add([0.01])
    open.stop("worker B died")
    func status(_ cells: [DuelCell], _ fails: Bool = false) -> Verdict.ExitStatus {
      Self.outcome(cells, failOnImprovement: fails).report.exitStatus
    }
    #expect(status(Self.cells([0, 0.01])) == .pass)
    #expect(status(Self.cells([0, -0.05])) == .pass)
    #expect(status(Self.cells([0, -0.05], confirms: true), true) == .improved)
    #expect(status(Self.cells([0]) + [open]) == .inconclusive)
    #expect(status(Self.cells([0]) + [refused]) == .inconclusive)
    #expect(status(Self.cells([-0.05]) + [refused], true) == .improved)
    #expect(status([refused] + Self.cells([0.05, -0.05, 0]), true) == .regressed)
    #expect(status([]) == .inconclusive)
    let report = Self.outcome(Self.cells([0, -0.05, 0.05, 0.01]) + [open, refused]).report
    #expect(
      report.rows.map(\.judgement) == [
        .regressed, .refused, .inconclusive, .improved, .pass, .pass,
      ])
    #expect(report.rows.map(\.cell.parameters.sizeBytes).suffix(2) == [64, 256])
    #expect(report.rows.allSatisfy { $0.tier == .paired && !$0.isAdvisory })
    #expect(report.sides == Self.sides)
    #expect(report.notices == ["A note."])
    #expect(report.unmatched.map(\.reason) == ["only in A"])
    #expect(Self.outcome([]).report.notices == ["A note.", "No cell could duel."])
  }

  @Test("cells that move with their references are the environment's, in either direction")
  func environment() {
    for change in [0.05, -0.05] {
      let cells = Self.cells([change, change, change, 0])
      let moved = Self.outcome(cells, references: Self.references(4, change))
      #expect(moved.isEnvironmental)
      #expect(moved.report.exitStatus == .inconclusive)
      #expect(moved.report.rows.allSatisfy { $0.judgement == .inconclusive })
      #expect(moved.report.notices.last?.contains("3 of 4 cells are") == true)
      // The references stood still, moved the other way, moved too little, or said too little.
      let still = [
        Self.references(4, 0), Self.references(4, -change), Self.references(4, change / 5),
        Self.references(4, change, pairs: 5), Self.references(1, change), [:],
      ]
      for references in still {
        let real = Self.outcome(cells, references: references)
        #expect(!real.isEnvironmental)
        #expect(real.report.exitStatus == (change > 0 ? .regressed : .pass))
      }
    }
    // Half of the cells is not more than half.
    let half = Self.outcome(Self.cells([0.05, 0]), references: Self.references(2, 0.05))
    #expect(half.report.exitStatus == .regressed)
  }

  @Test("a shifted environment refuses nothing new and forgives no earlier regression")
  func environmentAndHistory() {
    var refused = DuelCell(cell: .duel(7), familySize: 3)
    refused.stop("B cannot prepare it")
    let slow = DuelCellTests.pairs(0.05)
    var old = DuelCell(cell: .duel(1), familySize: 3, earlier: [slow, slow])
    old.run { _ in slow }
    let outcome = Self.outcome(
      Self.cells([0.05], family: 3) + [old, refused], references: Self.references(2, 0.05))
    #expect(outcome.isEnvironmental)
    #expect(outcome.report.rows.map(\.judgement) == [.regressed, .refused, .inconclusive])
  }

  @Test("above thirty cells a confirmed change must also hold at the family's level")
  func family() {
    // Wide enough for a pooled p-value near 0.0009: one in forty is chance, alone it is not.
    let weak = Self.weak()
    for (count, expected) in [(30, Judgement.regressed), (40, .inconclusive)] {
      let cells = Self.cells([Double](repeating: 0, count: count - 1), family: count)
      let outcome = Self.outcome(cells + [weak(count)])
      #expect(outcome.report.rows[0].judgement == expected)
      #expect(outcome.report.exitStatus == (expected == .regressed ? .regressed : .inconclusive))
      if expected == .inconclusive {
        #expect(outcome.report.rows[0].reason.hasPrefix("slower, but among 40 cells"))
      }
    }
    let strong = Self.outcome(Self.cells([0.05] + [Double](repeating: 0, count: 39)))
    #expect(strong.report.exitStatus == .regressed)
  }

  /// A cell whose confirmed regression has a p-value of 1/1024, by ten pairs that are all slower.
  static func weak() -> (Int) -> DuelCell {
    { family in
      var limits = DuelLimits.fixedRuns
      limits.firstPairs = 5
      limits.fullPairs = 5
      limits.freshPairs = 5
      limits.familyPairs = 5
      var cell = DuelCell(cell: .duel(1_000), limits: limits, familySize: family)
      cell.run { _ in [0.05, 0.051, 0.052, 0.053, 0.054] }
      return cell
    }
  }
}
