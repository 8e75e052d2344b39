internal import Record
internal import Verdict

/// A self-test as a person reads it: a line for each step, what failed below it.
enum SelfTestText {
  /// Writes the steps as text.
  ///
  /// - Parameters:
  ///   - steps: What was carried out.
  ///   - machineClass: Whose gate was tested.
  ///   - isWhole: Whether these are all steps; others decide nothing.
  /// - Returns: The text, without a newline at the end.
  static func render(_ steps: [SelfTestStep], machineClass: String, isWhole: Bool) -> String {
    let failed = steps.filter { !$0.passed }
    let verdict =
      !isWhole
      ? "NOT WHOLE: these steps decide nothing on \(machineClass)."
      : failed.isEmpty
        ? "PASS: the gate may judge on \(machineClass)."
        : "SELF-TEST FAILED: the gate does not judge on \(machineClass)."
    var lines = [verdict, ""]
    let width = steps.map(\.step.count).max() ?? 0
    for step in steps {
      let name = step.step + String(repeating: " ", count: width - step.step.count)
      let verdict = step.detail.hasPrefix("not run") ? "-   " : step.passed ? "pass" : "FAIL"
      lines.append("\(verdict)  \(name)  \(counts(step))".trimmingEnd)
      if !step.detail.isEmpty { lines.append("      \(step.detail)") }
    }
    return lines.joined(separator: "\n")
  }

  private static func counts(_ step: SelfTestStep) -> String {
    var parts: [String] = []
    if let trials = step.trials, let failures = step.failures {
      var text = "\(failures) of \(trials) wrong"
      if let low = step.shareLow, let high = step.shareHigh {
        text += " [\(percent(100 * low)), \(percent(100 * high))]"
      }
      parts.append(text)
      if let open = step.inconclusive, open > 0 { parts.append("\(open) undecided") }
    }
    let shown = [
      ("median_estimate_percent", "estimate"), ("largest_percent", "largest"),
      ("comparisons_found", "found"), ("comparisons", "comparisons"), ("passes", "passes"),
      ("sessions", "sessions"),
    ]
    for (name, label) in shown {
      guard let value = step.values.first(where: { $0.name == name })?.number else { continue }
      parts.append(
        name.hasSuffix("percent") ? "\(label) \(percent(value))" : "\(label) \(Int(value))")
    }
    return parts.joined(separator: ", ")
  }

  /// Two digits after the point.
  private static func percent(_ value: Double) -> String {
    let hundredths = Int((abs(value) * 100).rounded())
    let sign = value < 0 && hundredths > 0 ? "-" : ""
    let rest = hundredths % 100
    return "\(sign)\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) %"
  }
}

extension String {
  fileprivate var trimmingEnd: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
