import Foundation
import Testing

/// Stored results: what is damaged is refused by name, what is whole is judged.
@Suite struct BaselineTests {
  /// One way to damage a baseline, and what must be said of it.
  struct Damage: CustomTestStringConvertible, Sendable {
    let file: String
    let column: String
    let value: String
    var testDescription: String { "\(file) \(column)=\(value)" }
  }

  static let damages =
    ["NaN", "nan", "inf", "-3", "1e999", "x", "0x10"].map {
      Damage(file: "cells.csv", column: "cpu_ns_per_call", value: $0)
    } + [
      Damage(file: "cells.csv", column: "calls", value: "99999999999999999999"),
      Damage(file: "cells.csv", column: "status", value: "fine"),
      Damage(file: "cells.csv", column: "size_bytes", value: "-256"),
      Damage(file: "cells.csv", column: "operation", value: "cpoy"),
      Damage(file: "cells.csv", column: "schema", value: "99"),
      Damage(file: "samples.csv", column: "cpu_ns", value: "-1"),
      Damage(file: "samples.csv", column: "cpu_ns", value: "NaN"),
      Damage(file: "samples.csv", column: "wall_ns", value: "9223372036854775808"),
      Damage(file: "samples.csv", column: "calls", value: "0"),
      Damage(file: "samples.csv", column: "schema", value: "4"),
      Damage(file: "machine.csv", column: "schema", value: ""),
    ]

  /// Gate of the shared run against a baseline whose file was rewritten.
  private func gate(_ file: String, _ change: (inout [String]) -> Void) throws -> Finished {
    let scratch = try Scratch()
    let baseline = try SharedRun.baseline(in: scratch)
    let path = "\(baseline)/\(file)"
    var lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
    change(&lines)
    try lines.joined(separator: "\n").write(toFile: path, atomically: false, encoding: .utf8)
    return try Daxmark.run(["gate", try SharedRun.folder(), "--baseline", baseline])
  }

  private func expectUnusable(_ finished: Finished, _ parts: [String]) {
    #expect(finished.code == 4, "\(finished.errors)")
    #expect(isOneSentence(finished.errors), "\(finished.errors)")
    for part in parts { #expect(finished.errors.contains(part), "\(part) in \(finished.errors)") }
  }

  @Test("a bad value names file, line and column", arguments: damages)
  func badValue(damage: Damage) throws {
    let finished = try gate(damage.file) { lines in
      let place = lines[0].components(separatedBy: ",").firstIndex(of: damage.column) ?? 0
      var fields = lines[2].components(separatedBy: ",")
      fields[place] = damage.value
      lines[2] = fields.joined(separator: ",")
    }
    expectUnusable(finished, ["/\(damage.file) line 3 column \(damage.column)"])
  }

  @Test("a file that is cut off names its last line", arguments: ["cells.csv", "samples.csv"])
  func cutOff(file: String) throws {
    var last = 0
    let inLine = try gate(file) { lines in
      lines.removeLast()
      last = lines.count
      lines[last - 1] = String(lines[last - 1].prefix(30))
    }
    expectUnusable(inLine, ["/\(file) line \(last) column ", "cut off"])
    let betweenFields = try gate(file) { lines in
      lines.removeLast()
      lines[last - 1] = String(lines[last - 1].prefix(30))
      lines.append("")
    }
    expectUnusable(betweenFields, ["/\(file) line \(last) column ", "cut off"])
  }

  @Test("a baseline is not promoted over one of its runs, and may be recorded again")
  func overRun() throws {
    let scratch = try Scratch()
    let copy = scratch.path("copy")
    try FileManager.default.copyItem(atPath: try SharedRun.folder(), toPath: copy)
    let refused = try Daxmark.run(["baseline", copy, "--out", copy])
    #expect(refused.code == 1 && isOneSentence(refused.errors), "\(refused.errors)")
    for name in SharedRun.fileNames {
      #expect(
        FileManager.default.contentsEqual(
          atPath: "\(copy)/\(name)", andPath: "\(try SharedRun.folder())/\(name)"))
    }
    for _ in 0..<2 {
      #expect(try Daxmark.run(["baseline", copy, "--out", scratch.path("baseline")]).code == 0)
    }
  }

  @Test("a row that stands twice is named", arguments: ["cells.csv", "samples.csv", "machine.csv"])
  func duplicate(file: String) throws {
    var last = 0
    let finished = try gate(file) { lines in
      last = lines.count
      lines.insert(lines[1], at: lines.count - 1)
    }
    expectUnusable(finished, ["/\(file) line \(last) column ", "repeats line 2"])
  }

  @Test("a column that is missing is named", arguments: ["cells.csv", "samples.csv"])
  func missingColumn(file: String) throws {
    let finished = try gate(file) { lines in
      lines = lines.map { line in
        line.isEmpty ? line : line.components(separatedBy: ",").dropLast().joined(separator: ",")
      }
    }
    expectUnusable(finished, ["/\(file) line 1 column reason"])
  }

  @Test("rows that vanished are noticed: the files of a run belong together")
  func fewerSamples() throws {
    let finished = try gate("samples.csv") { $0.remove(at: 1) }
    expectUnusable(finished, [".csv"])
  }

  @Test("a missing file or folder is named", arguments: SharedRun.fileNames)
  func missing(file: String) throws {
    let scratch = try Scratch()
    let baseline = try SharedRun.baseline(in: scratch)
    try FileManager.default.removeItem(atPath: "\(baseline)/\(file)")
    let run = try SharedRun.folder()
    expectUnusable(try Daxmark.run(["gate", run, "--baseline", baseline]), [file, "No such file"])
    let nowhere = scratch.path("nowhere")
    expectUnusable(try Daxmark.run(["gate", run, "--baseline", nowhere]), ["'\(nowhere)'"])
    expectUnusable(try Daxmark.run(["gate", run], in: scratch.root), ["make baseline"])
    expectUnusable(
      try Daxmark.run(["run"] + SharedRun.fewCells + ["--baseline", baseline, "--out", nowhere]),
      [file])
    #expect(!FileManager.default.fileExists(atPath: nowhere))
  }

  @Test("a run that is damaged is an error of the tool, not of the baseline")
  func damagedRun() throws {
    let scratch = try Scratch()
    let baseline = try SharedRun.baseline(in: scratch)
    let finished = try Daxmark.run(["gate", scratch.path("nowhere"), "--baseline", baseline])
    #expect(finished.code == 1 && isOneSentence(finished.errors))
    for line in [["gate"], ["report"]] {
      let none = try Daxmark.run(line, in: scratch.root)
      #expect(none.code == 1 && isOneSentence(none.errors) && none.errors.contains("make bench"))
    }
  }

  @Test("a run never regresses against a baseline of itself: too few moments, exit 3")
  func itself() throws {
    let scratch = try Scratch()
    let baseline = try SharedRun.baseline(in: scratch)
    let run = try SharedRun.folder()
    let finished = try Daxmark.run(["gate", run, "--baseline", baseline])
    #expect(finished.code == 3, "\(finished.output) \(finished.errors)")
    #expect(!finished.output.isEmpty)
    #expect(try Daxmark.run(["gate", run, "--baseline", baseline, "--strict"]).code == 2)
  }

  @Test("a baseline of the same run twice is refused; one of a run keeps its cells")
  func promoted() throws {
    let scratch = try Scratch()
    let run = try SharedRun.folder()
    let twice = try Daxmark.run(["baseline", run, run, "--out", scratch.path("twice")])
    #expect(twice.code == 1 && isOneSentence(twice.errors) && twice.errors.contains("twice"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("twice")))
    let finished = try Daxmark.run(["baseline", run, "--out", scratch.path("baseline")])
    #expect(finished.outputLines.last == scratch.path("baseline"))
    let stored = Table(file: scratch.path("baseline/cells.csv")).rows
    #expect(stored.count == Table(file: run + "/cells.csv").rows.count)
    #expect(Table(file: scratch.path("baseline/machine.csv")).fact("moments") == "1")
  }

  @Test("compare and report describe, and exit 0")
  func described() throws {
    let scratch = try Scratch()
    let baseline = try SharedRun.baseline(in: scratch)
    let run = try SharedRun.folder()
    let compared = try Daxmark.run(["compare", "--all", baseline, run])
    #expect(compared.code == 0 && compared.output.contains("copy"), "\(compared.errors)")
    #expect(try Daxmark.run(["compare", run, run]).code == 0)
    let report = try Daxmark.run(["report", run, "--baseline", baseline])
    #expect(report.code == 0 && report.output.contains("rep-movsb"))
  }

  @Test("call counts of a baseline are taken over by a run against it")
  func knownCalls() throws {
    let scratch = try Scratch()
    let baseline = try SharedRun.baseline(in: scratch)
    let finished = try Daxmark.run(
      ["run"] + SharedRun.fewCells + [
        "--rounds", "1", "--no-instructions", "--baseline", baseline, "--out", scratch.path("run"),
      ])
    #expect(finished.code == 0, "\(finished.errors)")
    let before = Table(file: baseline + "/cells.csv").rows
    let after = Table(file: scratch.path("run/cells.csv")).rows
    #expect(before.count == after.count)
    var taken = 0
    for (old, new) in zip(before, after) {
      // A busy machine may have stored a count that is no batch of 0.5 to 20 ms: not one to keep.
      let calls = Double(old["calls"] ?? "") ?? 0
      let batch = calls * (Double(old["cpu_ns_per_call"] ?? "") ?? 0)
      guard (5e5...2e7).contains(batch) else { continue }
      #expect(new["calls"] == old["calls"], "\(old)")
      taken += 1
    }
    #expect(taken > before.count / 2)
  }
}
