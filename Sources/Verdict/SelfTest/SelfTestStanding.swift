public import Record

/// Whether the gate may judge on a machine class: what its last self-test there says.
public enum SelfTestStanding: Equatable, Sendable {
  /// Recently passed: there is nothing to say.
  case passed
  /// The gate may judge, but a person should know this sentence.
  case noted(String)
  /// The gate must not judge; the sentence says which step failed.
  case failed(String)

  /// Seconds after which a passed self-test says little about the machine as it is: 30 days.
  static let secondsMaximum = 30 * 86_400

  /// The standing on a machine class of which nothing is recorded.
  public static let absent = Self.noted(
    "The gate has not tested itself on this machine class; 'daxmark selftest' does.")

  /// Judges the latest self-test among the steps.
  ///
  /// - Parameters:
  ///   - steps: The rows of `selftest.csv`, of one self-test or of several.
  ///   - unixSeconds: The time now; a self-test of the future counts as one of today.
  public init(_ steps: [SelfTestStep], at unixSeconds: Int) {
    guard let started = steps.map(\.startedUnix).max() else {
      self = .absent
      return
    }
    let failed = steps.filter { $0.startedUnix == started && !$0.passed }
    if let first = failed.first {
      let others = failed.count > 1 ? " and \(failed.count - 1) more" : ""
      let detail = first.detail.isEmpty ? "" : " (\(first.detail))"
      self = .failed(
        "The gate failed its last self-test on this machine class in '\(first.step)'\(detail)"
          + "\(others); 'daxmark selftest' repeats it.")
      return
    }
    let (age, overflow) = unixSeconds.subtractingReportingOverflow(started)
    guard !overflow, age > Self.secondsMaximum else {
      self = .passed
      return
    }
    self = .noted(
      "The last self-test of this machine class is \(age / 86_400) days old; 'daxmark selftest' "
        + "renews it.")
  }
}
