internal import Plan

/// A verdict as a list of tests, one for each row: any CI server shows the cells that failed.
///
/// A test fails exactly when the exit code blocks because of it. What was not decided is skipped: a
/// server that counts failures must not block where the exit code does not. Only a gate that could
/// not judge at all is an error, of a test of its own.
extension GateReport {
  private struct TestCase {
    enum Outcome: String { case passed, skipped, failure, error }

    let name: String
    let outcome: Outcome
    let message: String
    /// Lines.
    let body: [String]
  }

  private struct TestSuite {
    let name: String
    var cases: [TestCase]

    func count(_ outcome: TestCase.Outcome) -> Int {
      cases.filter { $0.outcome == outcome }.count
    }
  }

  var junit: String {
    let suites = testSuites
    func sum(_ outcome: TestCase.Outcome) -> Int {
      suites.map { $0.count(outcome) }.reduce(0, +)
    }
    let totals = XMLText.attributes([
      "name": "daxmark", "tests": String(suites.map(\.cases.count).reduce(0, +)),
      "failures": String(sum(.failure)), "errors": String(sum(.error)),
      "skipped": String(sum(.skipped)), "time": "0",
    ])
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites\(totals)>"]
    for (index, suite) in suites.enumerated() {
      lines += xml(suite, notices: index == 0 ? notices : [])
    }
    return (lines + ["</testsuites>"]).joined(separator: "\n") + "\n"
  }

  private func xml(_ suite: TestSuite, notices: [String]) -> [String] {
    let counts = XMLText.attributes([
      "name": suite.name, "tests": String(suite.cases.count),
      "failures": String(suite.count(.failure)), "errors": String(suite.count(.error)),
      "skipped": String(suite.count(.skipped)), "time": "0",
    ])
    var lines = ["  <testsuite\(counts)>"]
    if !sides.isEmpty {
      lines.append("    <properties>")
      lines += sides.map {
        "      <property\(XMLText.attributes(["name": $0.label, "value": $0.value]))/>"
      }
      lines.append("    </properties>")
    }
    lines += suite.cases.map { xml($0, of: suite.name) }
    if !notices.isEmpty {
      let said = notices.map(XMLText.escaped).joined(separator: "\n")
      lines.append("    <system-out>\(said)</system-out>")
    }
    return lines + ["  </testsuite>"]
  }

  private func xml(_ test: TestCase, of suite: String) -> String {
    let tag = XMLText.attributes(["classname": suite, "name": test.name, "time": "0"])
    let start = "    <testcase\(tag)>"
    let body = test.body.map(XMLText.escaped).joined(separator: "\n")
    switch test.outcome {
    case .passed:
      return body.isEmpty
        ? "    <testcase\(tag)/>" : start + "<system-out>\(body)</system-out></testcase>"
    case .skipped:
      return start + "<skipped\(XMLText.attributes(["message": test.message]))/></testcase>"
    case .failure, .error:
      let kind = XMLText.attributes(["message": test.message, "type": exitStatus.word])
      let name = test.outcome.rawValue
      return start + "<\(name)\(kind)>\(body)</\(name)></testcase>"
    }
  }

  /// One suite for each family of cells, in the order of the rows; first that of the gate itself,
  /// where rows alone would not say what the exit code does.
  private var testSuites: [TestSuite] {
    var suites: [TestSuite] = []
    if let own = ownCase { suites.append(TestSuite(name: "daxmark.gate", cases: [own])) }
    var places: [String: Int] = [:]
    var names: [String: Int] = [:]
    for row in rows {
      let name = "daxmark.\(row.cell.suite)"
      let place = places[name] ?? suites.count
      if place == suites.count { suites.append(TestSuite(name: name, cases: [])) }
      places[name] = place
      // Servers tell tests apart by name; two runs of a cell may each have a row.
      var test = "\(row.cell.name) [\(row.tier.rawValue)]"
      let repeats = names["\(name) \(test)", default: 0] + 1
      names["\(name) \(test)"] = repeats
      if repeats > 1 { test += " (\(repeats))" }
      suites[place].cases.append(testCase(row, name: test))
    }
    return suites
  }

  private func testCase(_ row: VerdictRow, name: String) -> TestCase {
    let limit = row.limit == nil ? "" : "limit \(row.limitInWords)"
    let found = [row.changeInWords, limit, row.reason].filter { !$0.isEmpty }
    let outcome: TestCase.Outcome
    switch row.judgement {
    case _ where isFailure(row): outcome = .failure
    case _ where row.isAdvisory: outcome = .skipped
    case .inconclusive, .refused: outcome = .skipped
    case .pass, .improved, .regressed: outcome = .passed
    }
    let prefix = (row.isAdvisory ? "advisory, " : "") + row.judgement.rawValue
    let compared = sides.map { "\($0.label): \($0.value)" }
    return TestCase(
      name: name, outcome: outcome,
      message: prefix + (found.isEmpty ? "" : ": " + found.joined(separator: ", ")),
      body: outcome == .passed ? found : found + compared)
  }

  private var ownCase: TestCase? {
    let outcome: TestCase.Outcome
    switch exitStatus {
    case .pass: outcome = .passed
    case .toolError, .baselineUnusable, .selfTestFailed, .usage: outcome = .error
    case .inconclusive: outcome = isStrict ? .failure : .skipped
    case .regressed, .improved: outcome = .failure
    }
    switch outcome {
    case .passed where !rows.isEmpty: return nil
    case .failure where rows.contains(where: isFailure): return nil
    default: break
    }
    let message = "\(headline): \(verdict)"
    return TestCase(
      name: "verdict", outcome: outcome,
      message: ([message] + (outcome == .passed ? [] : notices)).joined(separator: " "),
      body: outcome == .passed ? [] : notices)
  }
}
