public import Plan

/// The verdict on a duel: all cells together.
///
/// Three things need every cell: Holm's correction in a large family, the check for a shift of the
/// whole environment, and the exit code.
public struct DuelOutcome: Sendable {
  /// The verdict.
  public let report: GateReport
  /// Whether most cells moved together with their frozen references.
  ///
  /// Such pairs say nothing about the code: do not keep them for later invocations.
  public let isEnvironmental: Bool

  /// Judges all cells of a duel.
  ///
  /// Precedence of the exit code: a confirmed regression, a confirmed improvement when
  /// `failOnImprovement`, anything not decided or not comparable, pass. A duel without a cell
  /// decides nothing. Cells of one side alone are listed and never change the code.
  ///
  /// - Parameters:
  ///   - cells: Every cell that both sides have, in the order to show.
  ///   - referenceShifts: log(B/A) of the pairs of each frozen reference.
  ///   - notices: What is true of the whole duel, a sentence each.
  ///   - sides: What A and B are.
  ///   - unmatched: Cells that could not duel.
  ///   - failOnImprovement: Whether a confirmed improvement has an exit code of its own.
  public init(
    cells: [DuelCell], referenceShifts: [Cell: [Double]], notices: [String] = [],
    sides: [GateReport.Side], unmatched: [GateReport.Unmatched] = [],
    failOnImprovement: Bool = false
  ) {
    let rows = DuelFamily(cells).rows
    let environment = DuelEnvironment(cells: cells, referenceShifts: referenceShifts)
    var sentences = notices
    isEnvironmental = environment.isShifted
    if isEnvironmental { sentences.append(environment.notice) }
    let judged = isEnvironmental ? zip(cells, rows).map(environment.judge) : rows
    if cells.isEmpty { sentences.append("No cell could duel.") }
    report = GateReport(
      sides: sides, rows: Self.ordered(judged), notices: sentences, unmatched: unmatched,
      exitStatus: Self.code(judged, failOnImprovement))
  }

  private static func code(_ rows: [VerdictRow], _ failOnImprovement: Bool) -> ExitStatus {
    func holds(_ judgement: Judgement) -> Bool { rows.contains { $0.judgement == judgement } }
    if holds(.regressed) { return .regressed }
    if failOnImprovement, holds(.improved) { return .improved }
    return rows.isEmpty || holds(.inconclusive) || holds(.refused) ? .inconclusive : .pass
  }

  /// Worst first; rows of equal rank keep the order of the cells.
  private static func ordered(_ rows: [VerdictRow]) -> [VerdictRow] {
    [Judgement.regressed, .refused, .inconclusive, .improved, .pass].flatMap { judgement in
      rows.filter { $0.judgement == judgement }
    }
  }
}
