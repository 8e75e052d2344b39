public import Plan

/// What the wall clock says of a duel that is decided by CPU time: advice, never a verdict.
///
/// Time that passes without being computed is the machine's more often than the code's. Where all
/// pairs show it as clearly as a regression must be shown, a person should know: a call that now
/// waits, for a lock or a device, costs no CPU time at all.
public enum DuelWall {
  private static let namesMaximum = 3

  /// The cells that pass by CPU time and whose wall time is slower in B, by the limits of the rule.
  ///
  /// - Parameters:
  ///   - cells: The cells of a duel.
  ///   - wallRatios: log(B/A) of the wall times of each cell's pairs.
  /// - Returns: A sentence, or nil where there is nothing to say.
  public static func notice(_ cells: [DuelCell], wallRatios: [Cell: [Double]]) -> String? {
    let slower = cells.compactMap { cell -> String? in
      guard cell.judgement == .pass || cell.judgement == .improved,
        let ratios = wallRatios[cell.cell]?.filter(\.isFinite),
        let evidence = DuelEvidence(ratios.suffix(DuelCell.pooledMaximum), limits: cell.limits),
        DuelSearch(limits: cell.limits).isStrong(evidence), evidence.estimate <= 700
      else { return nil }
      return "\(cell.cell.name) (\(Change.percent(Logarithm.exp(evidence.estimate) - 1)))"
    }
    if slower.isEmpty { return nil }
    let more = slower.count - namesMaximum
    let names = slower.prefix(namesMaximum).joined(separator: ", ")
    let some = slower.count == 1 ? "1 cell that passes" : "\(slower.count) cells that pass"
    return "Advisory: by the wall clock \(some) by CPU time "
      + "\(slower.count == 1 ? "is" : "are") slower in B: \(names)"
      + (more > 0 ? " and \(more) more." : ".")
  }
}
