import Foundation
import Testing

@testable import Verdict

/// The rendered report against stored text; `UPDATE_GOLDEN=1` rewrites the files.
@Suite struct GoldenReportTests {
  @Test(
    "the report of a small run reads as stored",
    arguments: [
      ("report-plain", TableOptions(), false),
      ("report-baseline", TableOptions(), true),
      ("report-narrow", TableOptions(width: 44), true),
      ("report-ascii", TableOptions(width: 0, unicode: false), true),
      ("report-color", TableOptions(color: true), true),
      ("report-model", TableOptions(), false),
      ("report-model-narrow", TableOptions(width: 56), false),
    ])
  func report(name: String, options: TableOptions, withBaseline: Bool) throws {
    let baseline = withBaseline ? SyntheticRun.smallBaseline : nil
    let cells = name.hasPrefix("report-model") ? SyntheticRun.model : SyntheticRun.small
    let table = ResultTable(cells: cells, baseline: baseline, options: options)
    let sentences = Conclusion.sentences(cells: cells, baseline: baseline)
    let text = table.render() + "\n" + sentences.map { $0 + "\n" }.joined()

    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appending(path: "Golden/\(name).txt")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let stored = try String(contentsOf: file, encoding: .utf8)
    let lines = zip(
      text.split(separator: "\n", omittingEmptySubsequences: false),
      stored.split(separator: "\n", omittingEmptySubsequences: false))
    for (number, pair) in lines.enumerated() {
      #expect(pair.0 == pair.1, "line \(number + 1) of \(name).txt")
    }
    #expect(text == stored)
  }
}
