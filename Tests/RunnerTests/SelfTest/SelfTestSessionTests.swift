import Plan
import Record
import Testing

@testable import Runner
@testable import Verdict
@testable import daxmark

/// Gate runs that share workers, with workers in the shell.
@Suite struct SelfTestSessionTests {
  private func session(
    _ a: FakeWorker, _ b: FakeWorker, cells: Int = 2, pairs: Int = 0
  ) -> SelfTestSession {
    SelfTestSession(
      contests: copyCells(cells).map { Contest($0) }, options: duelOptions(a.path, b.path),
      firstPairsMinimum: pairs)
  }

  /// A worker whose batches of two cells take so many nanoseconds, those of references as ever.
  private func worker(_ nanoseconds: Int) throws -> FakeWorker {
    func answer(_ nanoseconds: Int) -> String {
      "n=$(((n + 7) % 10)); "
        + "printf 'sample\\t%s\\t10\\t%s\\t1100\\t640\\t0\\t0\\t0\\t4096\\n' \"$id\" "
        + "$((\(nanoseconds) + n))"
    }
    return try FakeWorker([
      "batch": answer(100_000), "batch 0": answer(nanoseconds), "batch 1": answer(nanoseconds),
    ])
  }

  @Test("equal workers pass in every gate run, with one pair of workers for all")
  func same() throws {
    let (a, b) = (try worker(100_000), try worker(100_000))
    defer { for worker in [a, b] { worker.remove() } }
    var session = session(a, b)
    var seen: Set<Int> = []
    let isWhole = try session.fight(3) {
      seen.insert($0)
      return true
    }
    #expect(isWhole)
    #expect(session.gateRuns.count == 3)
    for run in session.gateRuns {
      #expect(run.judged(session: 0).rows.map(\.judgement) == [.pass, .pass])
      #expect(run.cells.allSatisfy { $0.runs.map(\.count) == [15] })
    }
    #expect(session.firstPairs.count == 3 * 2 * 15)
    #expect(seen == Set(0..<6))
    for worker in [a, b] { #expect(worker.log.filter { $0 == "hello 2" }.count == 1) }
    #expect(!a.isAlive && !b.isAlive)
  }

  @Test("a recording has all its pairs; the rule sees none but its own")
  func recording() throws {
    let (a, b) = (try worker(100_000), try worker(100_000))
    defer { for worker in [a, b] { worker.remove() } }
    var session = session(a, b, pairs: 30)
    #expect(try session.fight(1) { _ in true })
    #expect(session.gateRuns[0].cells.allSatisfy { $0.runs.map(\.count) == [15] })
    for cell in copyCells(2) {
      #expect(session.firstPairs.filter { $0.cell == cell }.map(\.pair) == Array(0..<30))
    }
  }

  @Test("a slower worker is found in every gate run, by fresh workers")
  func slower() throws {
    let (a, b) = (try worker(100_000), try worker(105_000))
    defer { for worker in [a, b] { worker.remove() } }
    var session = session(a, b)
    #expect(try session.fight(2) { _ in true })
    for run in session.gateRuns {
      #expect(run.judged(session: 0).rows.map(\.judgement) == [.regressed, .regressed])
      #expect(run.cells.allSatisfy { $0.runs.map(\.count) == [30, 30] })
    }
    // Only first runs are looked at as pairs.
    #expect(session.firstPairs.count == 2 * 2 * 30)
    for worker in [a, b] { #expect(worker.log.filter { $0 == "hello 2" }.count == 2) }
    #expect(!a.isAlive && !b.isAlive)
  }

  @Test("whoever stops it leaves nothing half judged", arguments: [0, 1, 5, 33, 100])
  func stopped(after events: Int) throws {
    let (a, b) = (try worker(100_000), try worker(105_000))
    defer { for worker in [a, b] { worker.remove() } }
    var session = session(a, b)
    var count = 0
    let isWhole = try session.fight(2) { _ in
      count += 1
      return count <= events
    }
    #expect(!isWhole)
    #expect(!a.isAlive && !b.isAlive)
  }

  @Test("a cell that fails ends it with its name; one that cannot run is left out")
  func broken() throws {
    let good = try worker(100_000)
    let failing = try FakeWorker(["batch 1": "printf 'failed\\t%s\\tno luck\\n' \"$id\""])
    let skipping = try FakeWorker([
      "prepare 0": "printf 'skipped\\t%s\\tno such thing here\\n' \"$id\""
    ])
    let dying = try FakeWorker(["batch 0": "exit 3"])
    defer { for worker in [good, failing, skipping, dying] { worker.remove() } }
    var broken = session(good, failing)
    let error = #expect(throws: Failure.self) { try broken.fight(1) { _ in true } }
    #expect(error?.kind == .tool && error?.sentence.contains("side B") == true)
    #expect(error?.sentence.contains(copyCells(2)[1].name) == true, "\(error?.sentence ?? "")")
    var dead = session(good, dying)
    #expect(throws: Failure.self) { try dead.fight(1) { _ in true } }
    var partial = session(skipping, skipping)
    #expect(try partial.fight(1) { _ in true })
    #expect(partial.skipped.keys.map(\.self) == [copyCells(2)[0]])
    #expect(partial.gateRuns[0].cells.map(\.cell) == [copyCells(2)[1]])
    for worker in [good, failing, skipping, dying] { #expect(!worker.isAlive) }
  }
}
