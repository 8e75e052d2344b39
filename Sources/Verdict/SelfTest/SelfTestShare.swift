internal import Record

/// How many of some trials failed, against the largest share that may.
struct SelfTestShare: Equatable, Sendable {
  let trials: Int
  let failures: Int
  /// The largest share that is allowed.
  let maximum: Double

  /// Exact 95 % bounds of the true share; nil without trials.
  var bounds: Interval? {
    trials > 0 ? Binomial.bounds(successes: failures, trials: trials) : nil
  }

  /// Whether the requirement holds; without trials nothing does.
  ///
  /// - Parameter isExploratory: Whether it also holds where more failures than allowed are too few
  ///   to refute it. Where none is allowed, one refutes it.
  /// - Returns: Whether the step may pass.
  func holds(isExploratory: Bool) -> Bool {
    guard let bounds else { return false }
    if Double(failures) <= maximum * Double(trials) * (1 + 1e-12) { return true }
    return isExploratory && bounds.low <= maximum
  }
}

extension SelfTestStep {
  /// Takes over the counts of a share and its exact bounds.
  mutating func count(_ share: SelfTestShare, inconclusive: Int) {
    trials = share.trials
    failures = share.failures
    self.inconclusive = inconclusive
    shareMaximum = share.maximum
    shareLow = share.bounds.map { SelfTestJudge.rounded($0.low) }
    shareHigh = share.bounds.map { SelfTestJudge.rounded($0.high) }
  }

  /// Adds a number; one that is not finite says nothing and is left out.
  mutating func note(_ name: String, _ number: Double) {
    if number.isFinite { values.append(Value(name, SelfTestJudge.rounded(number))) }
  }
}
