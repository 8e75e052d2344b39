/// Holm's correction of the confirmed changes of a large family.
///
/// Up to `familyMinimum` cells the fresh run and the pooled bound suffice. Above it, chance alone
/// would confirm something now and then, so the pooled p-values of what was confirmed must also
/// hold at the family's level, the family being every cell of the duel.
struct DuelFamily {
  /// One row for each cell, in their order.
  let rows: [VerdictRow]

  init(_ cells: [DuelCell]) {
    var rows = cells.map(\.row)
    let size = max(cells.count, cells.map(\.familySize).max() ?? 0)
    guard let limits = cells.first?.limits, size > limits.familyMinimum else {
      self.rows = rows
      return
    }
    for judgement in [Judgement.regressed, .improved] {
      let places = rows.indices.filter { rows[$0].judgement == judgement }
      let pValues = places.map { cells[$0].pValue(of: judgement) }
      for (place, adjusted) in zip(places, Holm.adjusted(pValues, familySize: size))
      where adjusted > limits.familyLevel {
        let isRegressed = judgement == .regressed
        rows[place].judgement = isRegressed ? .inconclusive : .pass
        rows[place].reason =
          "\(isRegressed ? "slower" : "faster"), but among \(size) cells chance does that: "
          + "adjusted p = \(Self.rounded(adjusted)) is above \(limits.familyLevel)"
          + (isRegressed ? "; running again within the hour adds pairs" : "")
      }
    }
    self.rows = rows
  }

  /// Two digits of a p-value above the family's level.
  private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

extension DuelCell {
  /// The pooled one-sided p-value against no change in that direction; 1 without pairs.
  fileprivate func pValue(of judgement: Judgement) -> Double {
    (judgement == .regressed ? pooled?.pSlower : pooled?.pFaster) ?? 1
  }
}
