import Foundation
import Plan
import Record
import Testing

@testable import Runner

/// The measuring of a duel, with workers in the shell.
@Suite struct DuelTests {
  @Test("each cell gets its pairs on both sides, balanced, with a reference every third pair")
  func good() throws {
    let (a, b) = (try FakeWorker(), try FakeWorker())
    defer { for worker in [a, b] { worker.remove() } }
    let cells = copyCells(3)
    let (pairs, exceptions) = try fight(a, b)
    #expect(exceptions.isEmpty && !a.isAlive && !b.isAlive)
    #expect(pairs.count == 3 * 6 * 2)
    for cell in cells {
      for run in 0...1 {
        let own = pairs.filter { $0.cell == cell && $0.run == run }
        #expect(own.map(\.pair) == Array(0..<6))
        #expect(own.filter { $0.order == .bFirst }.count == 3)
        #expect(own.map { $0.reference != nil } == [true, false, false, true, false, false])
      }
    }
    #expect(pairs.allSatisfy { $0.calls == 10 && $0.a.cpuNanoseconds == 1000 })
    for worker in [a, b] {
      let log = worker.log
      #expect(log.filter { $0 == "hello 2" }.count == 2)
      // Three cells share one reference, which is prepared once a run.
      #expect(log.filter { $0.hasPrefix("prepare ") }.count == 2 * 4)
      // Six pairs and a batch to warm up; others keep the sides alternating, one a pair at most.
      for id in 0..<3 {
        let count = log.filter { $0 == "batch \(id)" }.count
        #expect(count >= 2 * 7 && count <= 2 * (7 + 6), "\(count)")
      }
      let references = log.filter { $0 == "batch 3" }.count
      #expect(references >= 2 * 3 * 2 && references <= 2 * 3 * 4, "\(references)")
    }
    // Each batch follows one of the other side, so in each of the two runs they differ by one.
    let counts = [a, b].map { $0.log.filter { $0.hasPrefix("batch ") }.count }
    #expect(abs(counts[0] - counts[1]) <= 2, "\(counts)")
    // Calibrated once, on A alone.
    #expect(a.log.filter { $0.hasPrefix("calibrate") }.count == 4)
    #expect(!b.log.contains { $0.hasPrefix("calibrate") })
  }

  @Test("cells of the kernel live only while they are measured")
  func transient() throws {
    let (a, b) = (try FakeWorker(), try FakeWorker())
    defer { for worker in [a, b] { worker.remove() } }
    let (pairs, _) = try fight(a, b, cells: copyCells(2, engine: "live"))
    #expect(pairs.count == 2 * 6 * 2)
    for worker in [a, b] {
      var held: Set<String> = []
      var releases = 0
      for line in worker.log {
        let parts = line.split(separator: " ").map(String.init)
        // A worker ends with what it holds.
        if parts[0] == "hello" { held = [] }
        guard parts[1] == "0" || parts[1] == "1" else { continue }
        if parts[0] == "prepare" { held.insert(parts[1]) }
        if parts[0] == "release" {
          held.remove(parts[1])
          releases += 1
        }
        #expect(held.count <= 1)
      }
      #expect(releases == 2 * 3)
    }
  }

  @Test("an observer that stops keeps the pairs so far", arguments: 0..<14)
  func stops(after events: Int) throws {
    let (a, b) = (try FakeWorker(), try FakeWorker())
    defer { for worker in [a, b] { worker.remove() } }
    var seen = 0
    var pairs = 0
    func observe(_ event: DuelEvent) -> Bool {
      seen += 1
      return seen <= events
    }
    do {
      var duel = try Duel(
        contests: copyCells(2).map { Contest($0) }, options: duelOptions(a.path, b.path))
      if try duel.prepare(observe: observe) {
        for cell in duel.order {
          let measured = try duel.measure(cell, pairs: 5, observe: observe)
          pairs += measured.count
          if measured.count < 5 { break }
        }
      }
    }
    // Two cells are prepared first; then each event is a pair.
    #expect(pairs == min(max(events - 2, 0), 10))
    #expect(!a.isAlive && !b.isAlive)
  }

  @Test("the option to repeat, which older builds do not know, is passed only to repeat")
  func injection() throws {
    for side in DuelSide.allCases {
      let (a, b) = (try FakeWorker(), try FakeWorker())
      defer { for worker in [a, b] { worker.remove() } }
      _ = try fight(a, b) {
        $0.repeatPermille = 30
        $0.repeatingSide = side
      }
      // Equally long on both sides: what a program is started with moves its stack.
      let plain = ["worker", "--core", "0", "--repeat-permille"]
      #expect(Set(a.arguments) == [plain + [side == .a ? "0030" : "0000"]])
      #expect(Set(b.arguments) == [plain + [side == .b ? "0030" : "0000"]])
    }
    let (a, b) = (try FakeWorker(), try FakeWorker())
    defer { for worker in [a, b] { worker.remove() } }
    _ = try fight(a, b)
    #expect(Set(a.arguments + b.arguments) == [["worker", "--core", "0"]])
  }

  @Test("routines duel under one name, each side with its own")
  func routines() {
    let contest = Contest(copyCells(1)[0], a: "libpmem", b: "auto")
    #expect(contest.cell.routine == "libpmem:auto")
    #expect(contest.a.routine == "libpmem" && contest.b.routine == "auto")
    #expect(contest.cell.reference == contest.a.reference)
  }

  @Test("a plan with words and lines of another version gives the cells it shares")
  func plans() {
    let cells = copyCells(2)
    let lines = cells.map { $0.keyFields.joined(separator: ",") }
    let strange = lines[0].replacing("copy,core", with: "teleport,core")
    let text = ([Cell.keyColumns.joined(separator: ","), strange, "x", ""] + lines)
      .joined(separator: "\n")
    let plan = DuelPlan(text)
    #expect(plan.cells == cells && plan.strangerCount == 2)
    #expect(DuelPlan("").cells.isEmpty && DuelPlan("").strangerCount == 0)
  }
}

/// Options for two fake workers.
func duelOptions(_ a: String, _ b: String, patience: Int32 = 5000) -> DuelOptions {
  var options = DuelOptions(a: a, b: b, core: 0, seed: 7)
  options.patienceMilliseconds = patience
  return options
}

/// Measures some pairs of each cell in turn, in one run and a fresh one.
func fight(
  _ a: FakeWorker, _ b: FakeWorker, cells: [Cell] = copyCells(3), pairs: Int = 6,
  patience: Int32 = 5000, change: (inout DuelOptions) -> Void = { _ in }
) throws -> (pairs: [PairSample], exceptions: [Cell: DuelException]) {
  var options = duelOptions(a.path, b.path, patience: patience)
  change(&options)
  var measured: [PairSample] = []
  var duel = try Duel(contests: cells.map { Contest($0) }, options: options)
  for run in 0...1 {
    let isReady = run == 0 ? try duel.prepare { _ in true } : try duel.renew(cells) { _ in true }
    let number = duel.run
    #expect(isReady && number == run)
    for cell in duel.order { measured += try duel.measure(cell, pairs: pairs) { _ in true } }
  }
  return (measured, duel.exceptions)
}
