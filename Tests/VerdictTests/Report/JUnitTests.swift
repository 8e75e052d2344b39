import Foundation
import Testing

@testable import Verdict

/// JUnit read back by another's parser: what a CI server would show.
@Suite struct JUnitTests {
  /// A test as the server sees it.
  struct Shown: Codable, Equatable {
    let name: String
    let suite: String
    let outcome: String
    let message: String
  }

  /// What python3 reads from a report; it also checks the counts against the tests.
  static func shown(_ report: GateReport) throws -> [Shown] {
    let script = """
      import json, sys, xml.etree.ElementTree as tree
      root = tree.fromstring(sys.stdin.buffer.read())
      assert root.tag == 'testsuites', root.tag
      tests, seen = [], set()
      total = dict(tests=0, failures=0, errors=0, skipped=0)
      for suite in root:
        own = dict(tests=0, failures=0, errors=0, skipped=0)
        for case in suite.iter('testcase'):
          results = [c for c in case if c.tag in ('failure', 'error', 'skipped')]
          assert len(results) <= 1
          tag = results[0].tag if results else 'passed'
          own['tests'] += 1
          key = dict(failure='failures', error='errors', skipped='skipped').get(tag)
          if key: own[key] += 1
          assert (case.get('classname'), case.get('name')) not in seen
          seen.add((case.get('classname'), case.get('name')))
          assert case.get('classname') == suite.get('name')
          tests.append(dict(name=case.get('name'), suite=suite.get('name'), outcome=tag,
                            message=results[0].get('message') if results else ''))
        assert all(suite.get(k) == str(v) for k, v in own.items()), own
        for k, v in own.items(): total[k] += v
      assert all(root.get(k) == str(v) for k, v in total.items()), total
      json.dump(tests, sys.stdout)
      """
    let python = Process()
    python.executableURL = URL(filePath: "/usr/bin/env")
    python.arguments = ["python3", "-c", script]
    let input = Pipe()
    let output = Pipe()
    python.standardInput = input
    python.standardOutput = output
    try python.run()
    input.fileHandleForWriting.write(Data(report.rendered(as: .junit).utf8))
    try input.fileHandleForWriting.close()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    python.waitUntilExit()
    try #require(python.terminationStatus == 0)
    return try JSONDecoder().decode([Shown].self, from: data)
  }

  @Test("a server shows one test for each row, failed where the row fails")
  func rows() throws {
    let report = NastyReport.whole
    let shown = try Self.shown(report)
    #expect(shown.count == report.rows.count)
    let failed = shown.filter { $0.outcome == "failure" }
    #expect(failed.map(\.suite) == ["daxmark.copy", "daxmark.copy"])
    #expect(failed[0].message.hasPrefix("regressed: +4.1 % [+3.1 %, +5.1 %], limit 3.0 %, both"))
    // Suites are put together, rows keep their order inside.
    let skipped = shown.filter { $0.outcome == "skipped" }.map(\.message)
    #expect(skipped.filter { $0.hasPrefix("advisory, ") }.count == 2)
    #expect(skipped.contains { $0.hasPrefix("refused: error: nul\u{FFFD}esc\u{FFFD}[31m") })
    #expect(shown.contains { $0.name.contains("two\nlines\r\n\tmore") })
    #expect(shown.contains { $0.name.hasSuffix("[paired] (2)") })
    #expect(shown.contains { $0.suite == "daxmark.cow<edge>" && $0.name.contains("x]]>y") })
  }

  @Test("something fails exactly when the exit code blocks", arguments: Verdict.ExitStatus.allCases)
  func blocks(status: Verdict.ExitStatus) throws {
    for isStrict in [false, true] {
      for rows in [[], [NastyReport.row(.pass)], [NastyReport.row(.refused, tier: .stored)]] {
        var report = GateReport(
          sides: [], rows: rows, notices: ["Why."], exitStatus: status)
        report.isStrict = isStrict
        let shown = try Self.shown(report)
        #expect(!shown.isEmpty)
        let isBad = shown.contains { ["failure", "error"].contains($0.outcome) }
        #expect(isBad == ![0, 3].contains(report.exitCode))
        let isError = [.toolError, .baselineUnusable, .selfTestFailed, .usage].contains(status)
        #expect(shown.contains { $0.outcome == "error" } == isError)
        if isError || status == .inconclusive && rows.isEmpty {
          #expect(shown[0].name == "verdict" && shown[0].message.contains("Why."))
        }
      }
    }
  }
}
