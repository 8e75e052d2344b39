import Foundation
import Testing

@testable import Verdict

/// What every format must agree on.
@Suite struct GateReportTests {
  @Test("the exit code is the status, but for what strict makes of the undecided")
  func exitCodes() {
    let codes: [Verdict.ExitStatus: Int32] = [
      .pass: 0, .toolError: 1, .regressed: 2, .inconclusive: 3, .baselineUnusable: 4,
      .selfTestFailed: 5, .improved: 6, .usage: 64,
    ]
    for status in Verdict.ExitStatus.allCases {
      var report = GateReport(sides: [], rows: [], exitStatus: status)
      #expect(report.exitCode == codes[status])
      report.isStrict = true
      #expect(report.exitCode == (status == .inconclusive ? 2 : codes[status]))
    }
  }

  @Test("a row fails exactly when it is a reason for a code that blocks")
  func failures() {
    func fails(
      _ judgement: Judgement, _ status: Verdict.ExitStatus, tier: Tier = .stored,
      isStrict: Bool = false,
      isAdvisory: Bool = false
    ) -> Bool {
      let row = NastyReport.row(judgement, tier: tier, isAdvisory: isAdvisory)
      var report = GateReport(sides: [], rows: [row], exitStatus: status)
      report.isStrict = isStrict
      return report.isFailure(row)
    }
    #expect(fails(.regressed, .regressed))
    #expect(!fails(.regressed, .regressed, isAdvisory: true))
    #expect(!fails(.improved, .regressed) && fails(.improved, .regressed, tier: .exact))
    #expect(fails(.improved, .improved))
    for open in [Judgement.inconclusive, .refused] {
      #expect(!fails(open, .inconclusive) && fails(open, .inconclusive, isStrict: true))
      #expect(!fails(open, .regressed, isStrict: true))
      #expect(!fails(open, .inconclusive, isStrict: true, isAdvisory: true))
    }
    for status in Verdict.ExitStatus.allCases { #expect(!fails(.pass, status, isStrict: true)) }
  }

  @Test("JSON means what the report means, for any names")
  func json() throws {
    for report in [NastyReport.whole, NastyReport.passed, NastyReport.failed] {
      let text = report.rendered(as: .json)
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect(object["exit_code"] as? Int == Int(report.exitCode))
      #expect(object["report_version"] as? Int == 1)
      #expect(object["notices"] as? [String] == report.notices)
      let rows = try #require(object["rows"] as? [[String: Any]])
      #expect(rows.count == report.rows.count)
      for (row, found) in zip(report.rows, rows) {
        #expect(Array((found["name"] as? String ?? "").utf8) == Array(row.cell.name.utf8))
        #expect(found["reason"] as? String == row.reason)
        #expect(found["judgement"] as? String == row.judgement.rawValue)
        #expect(found["fails"] as? Bool == report.isFailure(row))
        let change = found["change"] as? [String: Double]
        #expect((change == nil) == (row.change == nil))
        for (name, number) in [("value", row.change?.value), ("high", row.change?.high)] {
          #expect(abs((change?[name] ?? 0) - (number ?? 0)) < 1e-15)
        }
        let cell = try #require(found["cell"] as? [String: Any])
        #expect(cell["size_bytes"] as? Int == row.cell.parameters.sizeBytes)
        #expect(cell["durable"] as? Bool == false && cell["access"] is NSNull)
        #expect(cell["routine"] as? String == row.cell.routine)
      }
      let sides = object["sides"] as? [[String: String]]
      #expect(sides?.map { $0["value"] } == report.sides.map(\.value))
    }
  }

  @Test("numbers that JSON cannot hold become null, all others read back")
  func numbers() throws {
    let numbers = [
      0, -0.0, 1e-300, .leastNonzeroMagnitude, 1e300, .greatestFiniteMagnitude, 0.1, -0.03, 1e16,
      123_456_789,
      0.015000000000000001, 0.1 + 0.2, -1 / 3,
    ]
    let values = (numbers + [.infinity, -.infinity, .nan]).map { JSONValue.number($0) }
    let data = Data(JSONValue.list(values).text.utf8)
    let read = try JSONDecoder().decode([Double?].self, from: data)
    #expect(read == numbers + [nil, nil, nil])
  }

  @Test("every scalar survives a JSON string")
  func scalars() throws {
    let scalars = (0..<0x3000).compactMap(Unicode.Scalar.init) + ["\u{FFFE}", "\u{10FFFF}"]
    let text = String(String.UnicodeScalarView(scalars))
    let data = Data(JSONValue.list([.string(text)]).text.utf8)
    let read = try #require(JSONSerialization.jsonObject(with: data) as? [String])
    #expect(Array(read[0].unicodeScalars) == scalars)
  }

  @Test("Markdown stays below the limit of a comment, and says what it left out")
  func bounded() {
    let name = String(repeating: "|@\u{202E}👩‍🚀", count: 200)
    let row = NastyReport.row(.regressed, name, change: 0.1, reason: name)
    var pass = row
    pass.judgement = .pass
    for count in [1, 10, 1_000] {
      let report = GateReport(
        sides: Array(repeating: .init(label: name, value: name), count: count),
        rows: Array(repeating: row, count: count) + Array(repeating: pass, count: count),
        notices: Array(repeating: name, count: count),
        unmatched: Array(repeating: .init(reason: name, cells: [row.cell]), count: count),
        exitStatus: .regressed)
      let text = report.rendered(as: .markdown)
      #expect(text.utf8.count <= 60_000, "\(count)")
      #expect(text.contains("REGRESSED:** \(count) of \(2 * count) gating result"))
      #expect(count < 1_000 || text.contains("more"))
      let opened = text.split(separator: "<details>", omittingEmptySubsequences: false).count
      #expect(text.split(separator: "</details>", omittingEmptySubsequences: false).count == opened)
    }
    let plain = (0..<1_000).map { NastyReport.row(.regressed, "r\($0)", change: 0.1) }
    let long = GateReport(sides: [], rows: plain, exitStatus: .regressed).rendered(as: .markdown)
    #expect(long.utf8.count <= 60_000 && long.contains("<code>copy core r250 "))
    #expect(long.contains(/and \d+ more/))
  }

  @Test("nothing in a Markdown table can end its cell, its line or its code")
  func tableRows() {
    let text = NastyReport.whole.rendered(as: .markdown)
    var inTable = false
    var columns = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("|") else {
        inTable = false
        continue
      }
      let bars = line.utf8.filter { $0 == UInt8(ascii: "|") }.count
      if inTable { #expect(bars == columns, "\(line)") }
      (inTable, columns) = (true, bars)
    }
    #expect(!text.contains("</code></details>") && !text.contains("`"))
    #expect(!text.contains("@someone") && text.contains("snake_case"))
    #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
  }
}
