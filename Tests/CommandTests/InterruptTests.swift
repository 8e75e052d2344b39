import Foundation
import Testing

/// Runs that end before their time: nothing measured is lost, and nobody is left behind.
@Suite(.serialized) struct InterruptTests {
  private let scratch: Scratch
  private var run: String { scratch.path("run") }

  init() throws { scratch = try Scratch() }

  /// Starts a run and waits until it has kept its first round and has a worker.
  private func start(rounds: Int) throws -> (daxmark: Daxmark, worker: pid_t) {
    let daxmark = try Daxmark(
      ["run"] + SharedRun.fewCells
        + ["--rounds", String(rounds), "--no-instructions", "--summary", "--out", run],
      in: scratch.root)
    let partial = run + "/samples.csv.partial"
    try #require(eventually { Table(file: partial).rows.count > 0 })
    let worker = try #require(daxmark.worker)
    return (daxmark, worker)
  }

  @Test(
    "Ctrl-C keeps what was measured, marks the run and exits 130", arguments: [SIGINT, SIGTERM])
  func interrupt(number: Int32) throws {
    let (daxmark, worker) = try start(rounds: 10_000)
    kill(daxmark.processID, number)
    let finished = daxmark.wait()
    #expect(finished.code == 130, "\(finished.errors)")
    #expect(finished.outputLines.last == run)
    #expect(finished.output.contains("interrupted"))
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
    #expect(Set(names) == Set(SharedRun.fileNames))
    #expect(Table(file: run + "/machine.csv").fact("run_complete") == "0")
    let samples = Table(file: run + "/samples.csv").rows
    #expect(samples.count >= Set(samples.map { $0["routine"] ?? "" }).count)
    #expect(!ProcessTable.isRunning(worker))
    // The run can be shown, but is not judged and makes no baseline.
    let gate = try Daxmark.run(["gate", run, "--baseline", try SharedRun.folder()])
    #expect(gate.code == 1 && gate.errors.contains("interrupted") && isOneSentence(gate.errors))
    #expect(try Daxmark.run(["report", run]).code == 0)
    let baseline = try Daxmark.run(["baseline", run, "--out", scratch.path("baseline")])
    #expect(baseline.code == 1 && isOneSentence(baseline.errors))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("baseline")))
  }

  @Test("a worker that is killed makes one error row, exit 1, and the rest is measured")
  func killedWorker() throws {
    let (daxmark, worker) = try start(rounds: 150)
    kill(worker, SIGKILL)
    let finished = daxmark.wait()
    #expect(finished.code == 1)
    #expect(finished.errors.contains("died of signal 9"))
    #expect(finished.outputLines.last == run)
    let cells = Table(file: run + "/cells.csv").rows
    let errors = cells.filter { $0["status"] == "error" }
    #expect(errors.count == 1)
    #expect(errors.first?["reason"]?.contains("signal 9") == true)
    for row in cells where row["status"] == "ok" { #expect(row["batches"] == "150") }
    #expect(cells.filter { $0["status"] == "ok" }.count == cells.count - 1)
    #expect(Table(file: run + "/machine.csv").fact("run_complete") == "1")
  }

  @Test("when the coordinator is killed the worker ends, and the finished rounds are there")
  func killedCoordinator() throws {
    let (daxmark, worker) = try start(rounds: 10_000)
    kill(daxmark.processID, SIGKILL)
    _ = daxmark.wait()
    #expect(eventually { !ProcessTable.isRunning(worker) })
    let names = try FileManager.default.contentsOfDirectory(atPath: run)
    #expect(names == ["samples.csv.partial"])
    let rows = Table(file: run + "/samples.csv.partial").rows
    let rounds = Set(rows.map { $0["round"] ?? "" })
    #expect(rows.count % rounds.count == 0 && rounds.contains("0"))
    #expect(rows.allSatisfy { $0.count == 32 && $0["status"] == "ok" })
    // Such a folder is no run, and no later run takes its place.
    #expect(try Daxmark.run(["report", run]).code == 1)
    #expect(try Daxmark.run(["run"] + SharedRun.fewCells + ["--out", run]).code == 1)
    #expect(Table(file: run + "/samples.csv.partial").rows.count == rows.count)
  }

  @Test("a worker whose input closes ends by itself")
  func workerAlone() throws {
    #expect(try Daxmark.run(["worker"]).code == 0)
  }
}
