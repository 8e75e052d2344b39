public import Plan
public import Record

/// What the pairs of a build against itself say about the layout of the measurement.
extension SelfTestJudge {
  /// Pairs of a run on its own.
  private static let runPairs = 30
  /// One-sided confidence with which a single run on its own would alarm.
  private static let alarmConfidence = 0.995

  /// Step 4, its second half, which only measures: how much slower the second batch of a pair is.
  public func order(_ pairs: SelfTestPairs) -> SelfTestStep {
    var step = step("order", passed: true)
    var effects: [(cell: Cell, effect: Double)] = []
    for cell in pairs.cells {
      let all = pairs.sessions(of: cell).joined()
      let aFirst = all.filter { !$0.isBFirst }.map(\.logRatio)
      let bFirst = all.filter(\.isBFirst).map(\.logRatio)
      if aFirst.isEmpty || bFirst.isEmpty { continue }
      effects.append(
        (cell, (OrderStatistics.median(aFirst) - OrderStatistics.median(bFirst)) / 2))
    }
    guard let largest = effects.max(by: { abs($0.effect) < abs($1.effect) }) else { return step }
    step.note("median_percent", 100 * OrderStatistics.median(effects.map(\.effect)))
    step.note("largest_percent", 100 * largest.effect)
    step.detail =
      "going second costs \(Change.percent(largest.effect)) in \(largest.cell.name), less elsewhere"
    return step
  }

  /// Step 5: equal builds with the labels of each pair drawn anew must hardly ever alarm in a run.
  ///
  /// A run is as long as the rule makes it for pairs that spread like these: 30 of them one after
  /// the other, or more. It alarms with an estimate above the floor and a 99.5 % lower bound above
  /// what a regression excludes.
  ///
  /// - Parameters:
  ///   - pairs: The pairs of a build against itself.
  ///   - swaps: Random labellings of each cell.
  ///   - seed: Of the labellings.
  /// - Returns: The step; its trials are labellings.
  public func permutation(_ pairs: SelfTestPairs, swaps: Int = 1000, seed: UInt64) -> SelfTestStep {
    var step = step("permutation")
    var generator = SeededGenerator(seed: seed)
    let floor = Logarithm.log(1 + limits.floor)
    let certain = Logarithm.log(1 + limits.certainFloor)
    var trials = 0
    var alarms: [Cell] = []
    var suspects = 0
    for cell in pairs.cells where !advisory.contains(cell) {
      // With labels drawn anew it does not matter which session a pair is of.
      let all = pairs.sessions(of: cell).joined().map(\.logRatio)
      let length = runLength(all)
      let runs = stride(from: 0, through: all.count - length, by: length).map {
        Array(all[$0..<$0 + length])
      }
      if runs.isEmpty { continue }
      for swap in 0..<swaps {
        let labelled = runs[swap % runs.count].map {
          Bool.random(using: &generator) ? $0 : -$0
        }
        trials += 1
        guard PairedShift.isLowerBound(of: labelled, confidence: limits.lookConfidence, above: 0)
        else { continue }
        let shift = PairedShift(labelled)
        guard shift.estimate > floor else { continue }
        suspects += 1
        if shift.lowerBound(confidence: Self.alarmConfidence) > certain { alarms.append(cell) }
      }
    }
    let share = SelfTestShare(trials: trials, failures: alarms.count, maximum: 0.001)
    step.count(share, inconclusive: 0)
    step.note("suspects", Double(suspects))
    step.passed = share.holds(isExploratory: plan.isExploratory)
    if trials == 0 {
      step.detail = "no cell has \(Self.runPairs) pairs"
    } else if !step.passed {
      step.detail = "\(alarms.count) of \(trials) labellings alarm: \(Self.list(alarms))"
    }
    return step
  }

  private func runLength(_ pairs: [Double]) -> Int {
    let some = pairs.prefix(DuelCell.pooledMaximum)
    guard let evidence = DuelEvidence(some, limits: limits) else { return Self.runPairs }
    return max(Self.runPairs, min(evidence.precisePairs(limits), pairs.count))
  }

  /// Step 6: estimates of sessions, which are processes of their own, must not differ by more than
  /// their intervals can tell.
  ///
  /// What they differ by beyond that is a bias of each process that no interval within a run can
  /// see: a cell with more of it than the maximum becomes advisory, in this self-test and in every
  /// duel that reads it. What the intervals do tell is no bias: the rule asks such a cell for more
  /// pairs.
  ///
  /// - Parameter pairs: The pairs of a build against itself.
  /// - Returns: The step, and the cells that may not gate.
  public func dispersion(_ pairs: SelfTestPairs) -> (step: SelfTestStep, advisory: [Cell]) {
    var step = step("dispersion")
    var spreading: [Cell] = []
    var count = 0
    var sessions = Int.max
    for cell in pairs.cells {
      let shifts = pairs.sessions(of: cell).map { PairedShift($0.map(\.logRatio)) }
      guard let deviation = Spread.standardDeviation(shifts.map(\.estimate)) else { continue }
      count += 1
      sessions = min(sessions, shifts.count)
      let squares = shifts.map { shift in
        let width = shift.upperBound(confidence: 0.975) - shift.lowerBound(confidence: 0.975)
        return (width / (2 * 1.959964)) * (width / (2 * 1.959964))
      }
      let predicted = Spread.mean(squares)
      let bias = max(0, deviation * deviation - predicted).squareRoot()
      let name = SelfTestAdvice.name(of: cell)
      step.note(name + SelfTestAdvice.biasUnit, 100 * bias)
      step.note(name + " sd_percent", 100 * deviation)
      step.note(name + " sd_over_predicted", deviation / predicted.squareRoot())
      if bias > Self.biasMaximum { spreading.append(cell) }
    }
    if count == 0 {
      step.detail = "fewer than two sessions"
      return (step, [])
    }
    step.values.insert(SelfTestStep.Value(SelfTestAdvice.sessions, Double(sessions)), at: 0)
    step.passed = 2 * spreading.count <= count
    if !spreading.isEmpty {
      step.detail =
        "\(spreading.count) of \(count) cells are advisory, their processes differ by more than "
        + "\(Change.percent(Self.biasMaximum, signed: false)) beyond their intervals: "
        + Self.list(spreading)
    }
    return (step, spreading)
  }
}
