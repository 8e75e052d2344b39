internal import Plan
public import Record

/// The steps that measure nothing themselves, or another build.
extension SelfTestJudge {
  /// Step 7: moments of the stored baseline against each other, as ratios to the frozen reference.
  ///
  /// Cells that move are none that the stored tier lets gate: it allows less between moments.
  ///
  /// - Parameter baseline: The baseline of this machine class, nil where there is none.
  /// - Returns: The step; it only measures.
  public func stored(_ baseline: RunRecord?) -> SelfTestStep {
    guard let baseline else { return skipped("stored", "this machine class has no baseline") }
    let table = SampleTable(baseline.samples)
    var moved: [(cell: Cell, by: Double)] = []
    var count = 0
    var largest = 0.0
    for cell in table.cells where cell.reference != nil {
      let means = MomentSpread(table.processRatios(cell)).momentMeans
      guard means.count > 1, let low = means.min(), let high = means.max() else { continue }
      count += 1
      largest = max(largest, high - low)
      if high - low > Logarithm.log(1 + limits.floor) { moved.append((cell, high - low)) }
    }
    if count == 0 { return skipped("stored", "the baseline has a single moment") }
    moved.sort { ($1.by, $0.cell.name) < ($0.by, $1.cell.name) }
    var step = step("stored", passed: true)
    step.note("cells", Double(count))
    step.note("cells_moved", Double(moved.count))
    step.note("largest_percent", 100 * (Logarithm.exp(min(largest, 700)) - 1))
    if !moved.isEmpty {
      step.detail =
        "\(moved.count) of \(count) cells move by more than "
        + "\(Change.percent(limits.floor, signed: false)) between moments and cannot gate by the "
        + "baseline: \(Self.list(moved.map(\.cell)))"
    }
    return step
  }

  /// Step 8: the same source with its functions at other places.
  ///
  /// It shows what a change that moves code may seem to cost. A cell that moves by more than the
  /// floor becomes advisory; one that moves by more than half of it is named.
  ///
  /// - Parameter builds: The gate runs against each such build.
  /// - Returns: The step; its trials are builds.
  public func layout(_ builds: [[SelfTestGateRun]]) -> SelfTestStep {
    var step = step(SelfTestAdvice.layoutStep, passed: true)
    var shifts: [Cell: Double] = [:]
    var cells: [Cell] = []
    for runs in builds {
      var values: [Cell: [Double]] = [:]
      for row in runs.flatMap(\.rows) {
        if !cells.contains(row.cell) { cells.append(row.cell) }
        if let change = row.change { values[row.cell, default: []].append(change.value) }
      }
      for (cell, changes) in values {
        let shift = OrderStatistics.median(changes)
        if abs(shift) > abs(shifts[cell] ?? 0) { shifts[cell] = shift }
      }
    }
    step.note("builds", Double(builds.count))
    for cell in cells {
      let name = SelfTestAdvice.name(of: cell) + SelfTestAdvice.layoutUnit
      step.note(name, 100 * (shifts[cell] ?? 0))
    }
    let floor = limits.floor
    let beyond = cells.filter { abs(shifts[$0] ?? 0) > floor }
    let half = cells.filter { abs(shifts[$0] ?? 0) > floor / 2 && abs(shifts[$0] ?? 0) <= floor }
    var sentences: [String] = []
    if !beyond.isEmpty { sentences.append("advisory for their layout: \(Self.list(beyond))") }
    if !half.isEmpty { sentences.append("moved by over half the floor: \(Self.list(half))") }
    step.detail = sentences.joined(separator: "; ")
    return step
  }
}
