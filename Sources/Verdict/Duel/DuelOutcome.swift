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
  ///   - advisory: Cells that may not gate, with the reason: they are shown and never judged.
  public init(
    cells: [DuelCell], referenceShifts: [Cell: [Double]], notices: [String] = [],
    sides: [GateReport.Side], unmatched: [GateReport.Unmatched] = [],
    failOnImprovement: Bool = false, advisory: [Cell: String] = [:]
  ) {
    let rows = DuelFamily(cells).rows
    let environment = DuelEnvironment(cells: cells, referenceShifts: referenceShifts)
    var sentences = notices
    isEnvironmental = environment.isShifted
    if isEnvironmental { sentences.append(environment.notice) }
    let judged = (isEnvironmental ? zip(cells, rows).map(environment.judge) : rows)
      .map { Self.advised($0, advisory[$0.cell]) }
    if cells.isEmpty { sentences.append("No cell could duel.") }
    if !cells.isEmpty, judged.allSatisfy(\.isAdvisory) {
      sentences.append("No cell may gate on this machine: see the self-test.")
    }
    report = GateReport(
      sides: sides, rows: Self.ordered(judged), notices: sentences, unmatched: unmatched,
      exitStatus: Self.code(judged, failOnImprovement))
  }

  private static func advised(_ row: VerdictRow, _ why: String?) -> VerdictRow {
    guard let why else { return row }
    var row = row
    row.isAdvisory = true
    row.reason = row.reason.isEmpty ? why : "\(why); \(row.reason)"
    return row
  }

  private static func code(_ all: [VerdictRow], _ failOnImprovement: Bool) -> ExitStatus {
    let rows = all.filter { !$0.isAdvisory }
    func holds(_ judgement: Judgement) -> Bool { rows.contains { $0.judgement == judgement } }
    if holds(.regressed) { return .regressed }
    if failOnImprovement, holds(.improved) { return .improved }
    return rows.isEmpty || holds(.inconclusive) || holds(.refused) ? .inconclusive : .pass
  }

  /// Those that gate first, of each the worst; rows of equal rank keep the order of the cells.
  private static func ordered(_ rows: [VerdictRow]) -> [VerdictRow] {
    [false, true].flatMap { isAdvisory in
      [Judgement.regressed, .refused, .inconclusive, .improved, .pass].flatMap { judgement in
        rows.filter { $0.judgement == judgement && $0.isAdvisory == isAdvisory }
      }
    }
  }
}
