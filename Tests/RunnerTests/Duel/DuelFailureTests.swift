import Foundation
import Plan
import Record
import Testing

@testable import Runner

/// What a duel does when a worker does not do what it should: it names the side.
@Suite struct DuelFailureTests {
  @Test(
    "a worker that dies or hangs ends the duel with a sentence that names the side",
    arguments: ["prepare 1", "calibrate 1", "batch 1", "batch 3"], ["exit 3", "kill -9 $$", "hang"])
  func lost(at request: String, how: String) throws {
    for side in DuelSide.allCases where !(side == .b && request.hasPrefix("calibrate")) {
      let bad = try FakeWorker([request: how == "hang" ? "exec sleep 600" : how])
      let good = try FakeWorker()
      defer { for worker in [bad, good] { worker.remove() } }
      let error = #expect(throws: RunError.self) {
        try fight(
          side == .a ? bad : good, side == .b ? bad : good, patience: how == "hang" ? 300 : 5000)
      }
      let said = error?.description ?? ""
      let start = "The duel ended on side \(side.rawValue) ('\(bad.path)'): "
      #expect(said.hasPrefix(start), "\(said)")
      let reason = ["exit 3": "died with exit code 3.", "kill -9 $$": "died of signal 9."][how]
      #expect(said.hasSuffix(reason ?? "no answer for 300 ms."), "\(said)")
      #expect(!bad.isAlive && !good.isAlive)
    }
  }

  @Test(
    "a side that cannot start, or speaks another version, is named",
    arguments: [
      ("printf 'hello\\t1\\t1\\n'", "protocol 1"), ("echo hi", "not of protocol"),
      ("exit 1", "died with exit code 1"), ("exec sleep 600", "no answer"),
    ])
  func greeting(answer: String, said: String) throws {
    for side in DuelSide.allCases {
      let bad = try FakeWorker(["hello": answer])
      let good = try FakeWorker()
      defer { for worker in [bad, good] { worker.remove() } }
      let error = #expect(throws: RunError.self) {
        try fight(side == .a ? bad : good, side == .b ? bad : good, patience: 500)
      }
      let sentence = error?.description ?? ""
      #expect(sentence.contains("side \(side.rawValue) ") && sentence.contains(said), "\(sentence)")
      #expect(!bad.isAlive && !good.isAlive)
    }
  }

  @Test("a missing executable is named with its side and path", arguments: DuelSide.allCases)
  func missing(side: DuelSide) throws {
    let good = try FakeWorker()
    defer { good.remove() }
    let path = "/nonexistent/daxmark"
    let options = duelOptions(side == .a ? path : good.path, side == .b ? path : good.path)
    let error = #expect(throws: RunError.self) {
      _ = try Duel(contests: copyCells(1).map { Contest($0) }, options: options)
    }
    let said = error?.description ?? ""
    #expect(said.contains("side \(side.rawValue): ") && said.contains(path), "\(said)")
    #expect(said.contains("No such file"))
    #expect(!good.isAlive)
  }

  @Test(
    "a cell that one side cannot run or gets wrong is out, with the side; the others go on",
    arguments: ["prepare", "batch"], ["skipped", "failed"])
  func excluded(verb: String, answer: String) throws {
    let bad = try FakeWorker(["\(verb) 1": "printf '\(answer)\\t1\\tthe bytes differ\\n'"])
    let good = try FakeWorker()
    defer { for worker in [bad, good] { worker.remove() } }
    let cells = copyCells(3)
    let (pairs, exceptions) = try fight(good, bad)
    let expected = DuelException(
      side: .b, status: answer == "skipped" ? .skipped : .error, reason: "the bytes differ")
    #expect(exceptions == [cells[1]: expected])
    #expect(pairs.filter { $0.cell == cells[1] }.isEmpty)
    #expect(pairs.count == 2 * 6 * 2)
  }

  @Test(
    "a batch that is none puts its cell out, with the side",
    arguments: [
      ("9\\t1000\\t1100\\t640\\t0\\t0\\t0", "made 9 of 10 calls."),
      ("10\\t0\\t1100\\t640\\t0\\t0\\t0", "took no time that the clock could see."),
      ("10\\t1000\\t1100\\t640\\t0\\t100\\t98", "took 1274 faults where 1300 were expected."),
    ])
  func strange(fields: String, reason: String) throws {
    let bad = try FakeWorker(["batch 0": "printf 'sample\\t0\\t\(fields)\\t4096\\n'"])
    let good = try FakeWorker()
    defer { for worker in [bad, good] { worker.remove() } }
    let (pairs, exceptions) = try fight(bad, good, pairs: 13)
    let exception = try #require(exceptions[copyCells(1)[0]])
    #expect(exception == DuelException(side: .a, status: .error, reason: reason))
    #expect(exceptions.count == 1 && pairs.allSatisfy { $0.a.cpuNanoseconds > 0 })
  }
}
