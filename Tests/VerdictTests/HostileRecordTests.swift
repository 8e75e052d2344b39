import Plan
import Record
import Testing

@testable import Verdict

@Suite("Records with absurd numbers are judged or refused, and never trap")
struct HostileRecordTests {
  @Test("every file mutated, every verdict asked")
  func mutations() throws {
    var random = SeededGenerator.printed("hostile records")
    var world = Synthetic(seed: 50, cells: 2)
    let baseline = try world.baseline(processes: 2, rounds: 2)
    var run = world.run(started: 9_000, processes: 2, rounds: 2)
    run.ledger = [LedgerEntry(cell: world.cells[0])]
    run.ledger[0].fences = 1
    let numbers = ["0", "9223372036854775807", "9223372036854775806", "1", "4611686018427387904"]
    var judged = 0
    for _ in 0..<250 {
      let file = RecordFile.ofRun.randomElement(using: &random) ?? .samples
      var lines = String(decoding: run.encoded(file), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let line = Int.random(in: 1..<lines.count - 1, using: &random)
        var fields = lines[line].split(separator: ",", omittingEmptySubsequences: false)
          .map(String.init)
        let place = Int.random(in: 1..<fields.count, using: &random)
        // Times may be negative text: facts are not numbers to the reader.
        let absurd = file == .machine ? ["-9223372036854775808"] + numbers : numbers
        fields[place] = absurd.randomElement(using: &random) ?? ""
        lines[line] = fields.joined(separator: ",")
      }
      let bytes = Array(lines.joined(separator: "\n").utf8)
      guard let read = try? RunRecord(contents: { $0 == file ? bytes : run.encoded($0) }) else {
        continue
      }
      judged += 1
      _ = try? Baseline.merge([read, baseline])
      _ = GateOutcome(baseline: baseline, candidates: [read, run])
      _ = GateOutcome(baseline: read, candidates: [run])
      _ = Comparison(baseline, read)
      let rows = Summary.results(plan: [], samples: read.samples, others: read.cells)
      let again = RunRecord(machine: read.machine, samples: read.samples, cells: rows, ledger: [])
      #expect(try RunRecord { again.encoded($0) } == again)
    }
    #expect(judged > 50)
  }
}
