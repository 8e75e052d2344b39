import Foundation
import Plan
import Testing

@testable import Runner

/// The coordinator against workers that misbehave in every way we could think of.
@Suite(.serialized) struct CoordinatorTests {
  private static func options(_ executable: String, rounds: Int = 2) -> RunOptions {
    var options = RunOptions(executable: executable, core: 0, rounds: rounds, processes: 1, seed: 1)
    options.patienceMilliseconds = 5000
    return options
  }

  /// Runs four cells, checks that no process is left, and gives the outcome.
  private static func outcome(
    _ worker: FakeWorker, cells: [Cell] = copyCells(4), patience: Int32 = 5000,
    change: (inout RunOptions) -> Void = { _ in }, observe: (RunEvent) -> Bool = { _ in true }
  ) throws -> RunOutcome {
    var options = options(worker.path)
    options.patienceMilliseconds = patience
    change(&options)
    var coordinator = try Coordinator(cells: cells, options: options)
    let outcome = try coordinator.run(observe: observe)
    #expect(!worker.isAlive)
    return outcome
  }

  private static func samples(_ outcome: RunOutcome, _ cell: Int) -> Int {
    outcome.samples.filter { $0.cell == copyCells(4)[cell] }.count
  }

  @Test("a good worker is asked for each cell once a round, and prepares it once a process")
  func good() throws {
    let worker = try FakeWorker()
    defer { worker.remove() }
    let outcome = try Self.outcome(worker) { $0.processes = 2 }
    #expect(outcome.isComplete && !outcome.hasFailures && outcome.exceptions.isEmpty)
    #expect(outcome.samples.count == 4 * 2 * 2)
    #expect(Set(outcome.samples.map { [$0.process, $0.round, $0.order] }).count == 16)
    #expect(outcome.samples.allSatisfy { $0.calls == 10 && $0.cpuNanoseconds == 1000 })
    #expect(outcome.ledger.count == 4 && outcome.ledger.allSatisfy { $0.instructions == 5 })
    #expect(outcome.ledger.allSatisfy { $0.refcountUpdates == 7 && $0.fallbacks == nil })
    let log = worker.log
    #expect(log.filter { $0 == "hello 2" }.count == 2)
    #expect(log.filter { $0 == "prepare 3" }.count == 2)
    #expect(log.filter { $0 == "calibrate 3" }.count == 1)
    #expect(!log.contains { $0.hasPrefix("release") })
  }

  @Test("known call counts are not sought again; cells of the kernel are released each time")
  func knownCalls() throws {
    let worker = try FakeWorker()
    defer { worker.remove() }
    let cells = copyCells(2, engine: "live")
    _ = try Self.outcome(worker, cells: cells) {
      $0.knownCalls = [cells[0]: 77]
      $0.countsInstructions = false
    }
    #expect(worker.log.filter { $0 == "calibrate 0" }.isEmpty)
    #expect(worker.log.filter { $0 == "calibrate 1" }.count == 1)
    #expect(worker.log.filter { $0 == "prepare 0" }.count == 3)
    #expect(worker.log.filter { $0 == "release 0" }.count == 3)
    #expect(!worker.log.contains { $0.hasPrefix("ledger") })
  }

  @Test(
    "a worker that dies takes its cell with it and no other",
    arguments: ["prepare", "calibrate", "batch", "ledger"], ["exit 0", "exit 3", "kill -9 $$"])
  func dies(verb: String, how: String) throws {
    let worker = try FakeWorker(["\(verb) 1": how])
    defer { worker.remove() }
    let outcome = try Self.outcome(worker)
    #expect(outcome.isComplete && outcome.hasFailures)
    #expect(outcome.exceptions.count == 1)
    let exception = try #require(outcome.exceptions[copyCells(4)[1]])
    #expect(exception.status == .error)
    let reasons = [
      "exit 0": "The worker died with exit code 0.",
      "exit 3": "The worker died with exit code 3.", "kill -9 $$": "The worker died of signal 9.",
    ]
    #expect(exception.reason == reasons[how])
    #expect([0, 2, 3].allSatisfy { Self.samples(outcome, $0) == 2 })
    #expect(Self.samples(outcome, 1) == (verb == "ledger" ? 2 : 0))
    #expect(outcome.ledger.count == 3)
  }

  @Test("a worker that hangs is ended, and the others are measured")
  func hangs() throws {
    let worker = try FakeWorker(["batch 2": "exec sleep 600"])
    defer { worker.remove() }
    let outcome = try Self.outcome(worker, patience: 300)
    #expect(outcome.exceptions[copyCells(4)[2]]?.reason == "The worker gave no answer for 300 ms.")
    #expect([0, 1, 3].allSatisfy { Self.samples(outcome, $0) == 2 } && outcome.isComplete)
  }

  @Test(
    "an answer that is none makes an error row",
    arguments: [
      "echo garbage", "echo", "printf 'ready\\t1\\t\\n'", "printf 'released\\t1\\n'",
      "printf 'sample\\t0\\t10\\t1000\\t1100\\t640\\t0\\t0\\t0\\t4096\\n'",
      "printf 'sample\\t1\\t0\\t1000\\t1100\\t640\\t0\\t0\\t0\\t4096\\n'",
      "printf 'sample\\t1\\t10\\t-1\\t1100\\t640\\t0\\t0\\t0\\t4096\\n'",
      "printf 'sample\\t1\\t10\\t99999999999999999999\\t1\\t1\\t0\\t0\\t0\\t1\\n'",
      "printf '\\377\\376\\n'", "head -c 3000000 /dev/zero | tr '\\000' x 2> /dev/null",
      "printf 'failed\\t1\\tthe bytes differ\\n'",
    ])
  func garbage(answer: String) throws {
    let worker = try FakeWorker(["batch 1": answer])
    defer { worker.remove() }
    let outcome = try Self.outcome(worker)
    #expect(outcome.exceptions[copyCells(4)[1]]?.status == .error)
    #expect(outcome.exceptions[copyCells(4)[1]]?.reason.hasSuffix("\n") == false)
    #expect(outcome.exceptions.count == 1 && Self.samples(outcome, 1) == 0)
    #expect([0, 2, 3].allSatisfy { Self.samples(outcome, $0) == 2 })
  }

  @Test(
    "a cell this machine cannot run is skipped, whenever that shows",
    arguments: ["prepare", "batch"])
  func skipped(verb: String) throws {
    let worker = try FakeWorker(["\(verb) 1": "printf 'skipped\\t1\\tno huge page\\n'"])
    defer { worker.remove() }
    let outcome = try Self.outcome(worker)
    #expect(outcome.exceptions[copyCells(4)[1]]?.status == .skipped)
    #expect(outcome.exceptions[copyCells(4)[1]]?.reason == "no huge page")
    #expect(!outcome.hasFailures && outcome.isComplete)
    #expect(worker.log.filter { $0 == "hello 2" }.count == 1)
  }

  @Test(
    "a worker of another version, or none at all, ends the run with a sentence",
    arguments: [
      ("printf 'hello\\t1\\t1\\n'", "protocol 1"), ("echo hi", "not of protocol"),
      ("exit 1", "died with exit code 1"), ("printf 'failed\\t0\\tno\\n'", "no daxmark"),
    ])
  func version(greeting: String, said: String) throws {
    let worker = try FakeWorker(["hello": greeting])
    defer { worker.remove() }
    let error = #expect(throws: RunError.self) { try Self.outcome(worker) }
    #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
    #expect(!worker.isAlive)
  }

  @Test(
    "what cannot be started is said",
    arguments: [
      ("/nonexistent/daxmark", "No such file"), ("/tmp", "Permission denied"),
      ("/bin/true", "died"),
      ("/etc/passwd", "Permission denied"), ("/bin/cat", "The worker"),
    ])
  func notStarted(executable: String, said: String) throws {
    var coordinator = try Coordinator(cells: copyCells(2), options: Self.options(executable))
    let error = #expect(throws: RunError.self) { try coordinator.run { _ in true } }
    #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
  }

  @Test("a worker that cannot be started again costs the other cells, not the samples")
  func lostForEver() throws {
    let worker = try FakeWorker(["ledger 0": "rm \"$0\"; kill -9 $$"])
    defer { worker.remove() }
    let outcome = try Self.outcome(worker)
    #expect(outcome.samples.count == 8)
    #expect(outcome.exceptions.count == 4 && outcome.hasFailures)
  }

  @Test("a worker that dies each time it starts again ends the run, too")
  func diesAlways() throws {
    let worker = try FakeWorker(["batch": "kill -9 $$"])
    defer { worker.remove() }
    let outcome = try Self.outcome(worker)
    #expect(outcome.samples.isEmpty && outcome.exceptions.count == 4 && outcome.isComplete)
  }

  @Test("an observer that stops keeps the samples so far", arguments: 0..<30)
  func stops(after events: Int) throws {
    let worker = try FakeWorker()
    defer { worker.remove() }
    var seen = 0
    var kept = 0
    let outcome = try Self.outcome(worker, cells: copyCells(2)) { _ in
    } observe: { event in
      if case .roundEnded(let samples) = event { kept += samples.count }
      seen += 1
      return seen <= events
    }
    // 2 × preparing, 2 rounds of 2 × measuring and an end, 2 × counting.
    #expect(outcome.isComplete == (events >= 10))
    #expect(seen == min(events + 1, 10))
    #expect(outcome.samples.count <= 4 && outcome.samples.count >= kept)
    #expect(!outcome.hasFailures)
  }

  @Test("no cells make an empty, complete run")
  func empty() throws {
    let worker = try FakeWorker()
    defer { worker.remove() }
    let outcome = try Self.outcome(worker, cells: [])
    #expect(outcome.isComplete && outcome.samples.isEmpty)
  }
}
