public import Record

/// Whether the gate may judge on a machine class: what its self-tests there say.
///
/// A failure stands until a self-test of the same mode or a longer one passes: the few trials of a
/// quick one cannot refute what 300 gate runs have shown.
public enum SelfTestStanding: Equatable, Sendable {
  /// Recently passed: there is nothing to say.
  case passed
  /// The gate may judge, but a person should know this sentence.
  case noted(String)
  /// The gate must not judge; the sentence says why, and what to do.
  case failed(String)

  /// Seconds after which a passed self-test says little about the machine as it is: 30 days.
  static let secondsMaximum = 30 * 86_400

  /// Modes of a self-test, each of which shows all that the ones before it show.
  static let modes = [SelfTestPlan.quick, .standard, .nightly].map(\.name)

  /// The standing on a machine class of which nothing is recorded.
  public static let absent = Self.noted(
    "The gate has not tested itself on this machine class; 'daxmark selftest' does.")

  /// Judges the self-tests of a machine class.
  ///
  /// - Parameters:
  ///   - steps: The rows of `selftest.csv`, of one self-test or of several.
  ///   - unixSeconds: The time now; a self-test of the future counts as one of today.
  public init(_ steps: [SelfTestStep], at unixSeconds: Int) {
    guard let last = steps.map(\.startedUnix).max() else {
      self = .absent
      return
    }
    // The longest mode that failed, for its repetition is what clears the others as well.
    let worst = Self.standingFailures(steps).max { Self.rank($0.mode) < Self.rank($1.mode) }
    if let worst {
      self = .failed(Self.sentence(worst, isLast: worst.startedUnix == last))
      return
    }
    let (age, overflow) = unixSeconds.subtractingReportingOverflow(last)
    guard !overflow, age > Self.secondsMaximum else {
      self = .passed
      return
    }
    self = .failed(
      "The last self-test of this machine class passed, but is \(age / 86_400) days old, and after "
        + "30 days the gate does not judge by it; 'daxmark selftest' renews it.")
  }

  /// The starts of the self-tests whose failures nothing has cleared.
  ///
  /// A record that is kept short must keep these, whatever their age.
  public static func standing(in steps: [SelfTestStep]) -> Set<Int> {
    Set(standingFailures(steps).map(\.startedUnix))
  }

  // MARK: All self-tests, the oldest first

  /// One self-test.
  private struct Test {
    let startedUnix: Int
    let mode: String
    /// The steps that did not pass.
    let failures: [SelfTestStep]
  }

  private static func standingFailures(_ steps: [SelfTestStep]) -> [Test] {
    var standing: [Test] = []
    for started in Set(steps.map(\.startedUnix)).sorted() {
      let own = steps.filter { $0.startedUnix == started }
      for mode in Set(own.map(\.mode)).sorted(by: { rank($0) < rank($1) }) {
        let failures = own.filter { $0.mode == mode && !$0.passed }
        standing.removeAll { clears(mode, $0.mode, hasFailed: !failures.isEmpty) }
        if failures.isEmpty { continue }
        standing.append(Test(startedUnix: started, mode: mode, failures: failures))
      }
    }
    return standing
  }

  /// Whether a self-test takes the place of an earlier failure: a pass that of its own mode and of
  /// shorter ones, a failure that of its own mode.
  private static func clears(_ mode: String, _ earlier: String, hasFailed: Bool) -> Bool {
    mode == earlier || (!hasFailed && rank(mode) > rank(earlier) && rank(earlier) >= 0)
  }

  /// The place of a mode among the modes; -1 for one that nobody knows, which only its like clears.
  private static func rank(_ mode: String) -> Int { modes.firstIndex(of: mode) ?? -1 }

  private static func sentence(_ test: Test, isLast: Bool) -> String {
    let detail = test.failures[0].detail.isEmpty ? "" : " (\(test.failures[0].detail))"
    let others = test.failures.count > 1 ? " and \(test.failures.count - 1) more" : ""
    let command = command(of: test.mode)
    let remedy =
      isLast
      ? "'\(command)' repeats it"
      : "what passed since tries less, so '\(command)' must be repeated"
    return "The gate failed its last \(test.mode) self-test on this machine class in "
      + "'\(test.failures[0].step)'\(detail)\(others); \(remedy)."
  }

  private static func command(of mode: String) -> String {
    let isOption = mode == SelfTestPlan.quick.name || mode == SelfTestPlan.nightly.name
    return "daxmark selftest" + (isOption ? " --\(mode)" : "")
  }
}
