import Foundation
import Testing

@testable import Verdict

/// Reports in every format against stored text; `UPDATE_GOLDEN=1` rewrites the files.
@Suite struct GoldenGateReportTests {
  private static let reports: [(name: String, report: GateReport)] = [
    ("gate-nasty", NastyReport.whole), ("gate-pass", NastyReport.passed),
    ("gate-unusable", NastyReport.failed), ("gate-open", NastyReport.open(isStrict: false)),
    ("gate-strict", NastyReport.open(isStrict: true)),
  ]

  @Test("a report reads as stored", arguments: GateReport.Format.allCases)
  func stored(format: GateReport.Format) throws {
    let ending =
      [GateReport.Format.text: "txt", .json: "json", .markdown: "md", .junit: "xml"][format] ?? ""
    #expect(GateReport.Format(ending: ending) == format)
    for (name, report) in Self.reports {
      try check(report.rendered(as: format), "\(name).\(ending)")
    }
  }

  @Test("a narrow terminal without Unicode, and one with colours")
  func terminals() throws {
    let narrow = TableOptions(width: 40, unicode: false)
    let text = NastyReport.whole.rendered(as: .text, options: narrow)
    try check(text, "gate-narrow.txt")
    #expect(text.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) })
    for line in text.split(separator: "\n") { #expect(line.count <= 40, "\(line)") }
    let color = NastyReport.whole.rendered(as: .text, options: TableOptions(color: true))
    #expect(color.hasPrefix("\u{1B}[31mREGRESSED: "))
    #expect(color.replacing(/\u{1B}\[[0-9;]*m/, with: "") == NastyReport.whole.rendered(as: .text))
  }

  private func check(_ text: String, _ name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "Golden/\(name)")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let stored = try Data(contentsOf: file)
    // Bytes, not strings: equal strings may be spelled in two ways.
    #expect(Data(text.utf8) == stored, "\(name) (UPDATE_GOLDEN=1 rewrites)")
  }
}
