internal import Plan
internal import Record

/// What limits a run: the machine's peak, a better routine, the baseline.
extension Conclusion {
  /// The share of the roofline that `auto` reaches, and where another routine is faster.
  ///
  /// Shares are taken from 4 KiB up, where the cost of a call no longer hides the rate, and over
  /// whole ranges: a comparison that ends early moves too little to be held against a peak. The
  /// peak is one thread's, and so are the routines.
  static func roofline(_ groups: [ResultTable.Group]) -> String? {
    let operations: [Operation] = [.copy, .compare, .zero]
    let limited = groups.filter {
      operations.contains($0.key.operation) && $0.key.engine != Cell.modelEngine
        && $0.key.parameters.threads == 1
    }
    let whole = limited.filter {
      let p = $0.key.parameters
      return (p.sizeBytes ?? 0) >= 4096 && (p.mismatch == nil || p.mismatch == Mismatch.none)
    }
    let shares = operations.compactMap { operation -> String? in
      let shares = whole.filter { $0.key.operation == operation }
        .compactMap { $0.auto?.rooflineShare }.filter(\.isFinite).sorted()
      if shares.isEmpty { return nil }
      let percent = ResultTable.Number.percent(shares[shares.count / 2])
      return "\(percent) percent of the machine's peak for \(operation.rawValue)"
    }
    if shares.isEmpty { return nil }
    let sentence = "From 4 KiB up auto reaches, in the median over shapes, \(list(shares))"
    let contests = limited.filter { $0.isContest && $0.auto != nil }
    if contests.isEmpty { return sentence + "." }
    // Edge copies and dedupes are other questions: do not let the count speak for them.
    let asked = operations.filter { operation in
      contests.contains { $0.key.operation == operation }
    }
    let scope = " of \(list(asked.map(\.rawValue)))"
    let beaten = contests.compactMap { group -> (ratio: Double, best: CellResult)? in
      guard let best = group.best, let auto = group.auto, !auto.isTied(with: best),
        let time = auto.measured, let least = best.measured, least > 0
      else { return nil }
      return (time / least, best)
    }
    guard let worst = beaten.max(by: { $0.ratio < $1.ratio }) else {
      let all = contests.count == 1 ? "the one shape" : "any of the \(contests.count) shapes"
      return sentence + "; over all sizes no routine is measurably faster in \(all)\(scope)."
    }
    let ratio = ResultTable.Number.fixed(worst.ratio, 2)
    return sentence + "; over all sizes another routine is faster in \(beaten.count) of the "
      + "\(count(contests.count, "shape"))\(scope), most of all \(name(worst.best.cell)), "
      + "where auto takes \(ratio) times as long."
  }

  /// How many cells agree with the baseline, and which moved most.
  static func movement(_ cells: [CellResult], _ baseline: [CellResult]) -> String {
    let old = Dictionary(baseline.map { ($0.cell, $0) }, uniquingKeysWith: { first, _ in first })
    let changes = cells.filter { !$0.cell.operation.isHarness }.compactMap { row in
      row.change(since: old[row.cell]).map { (row: row, change: $0) }
    }
    if changes.isEmpty {
      return "No cell of this run can be compared with the baseline."
    }
    let moved = changes.filter(\.change.moved)
    let agree = changes.count - moved.count
    let sentence =
      "Against the baseline \(agree) of \(count(changes.count, "comparable cell")) "
      + (agree == 1 ? "agrees" : "agree") + " within the intervals or 3 percent"
    guard
      let most = moved.max(by: { $0.change.relative.magnitude < $1.change.relative.magnitude })
    else { return sentence + "." }
    let percent = ResultTable.Number.fixed(most.change.relative.magnitude * 100, 1)
    let direction = most.change.relative > 0 ? "slower" : "faster"
    let slower = moved.filter { $0.change.relative > 0 }.count
    return sentence + ", \(slower) took longer and \(moved.count - slower) less time; most moved "
      + "\(name(most.row.cell)), \(percent) percent \(direction)."
  }
}
