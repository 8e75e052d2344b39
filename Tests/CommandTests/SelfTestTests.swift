import Foundation
import Testing

/// The self-test from the command line, and the neighbour that it measures beside.
@Suite struct SelfTestTests {
  @Test(
    "a command line that makes no sense says so in a sentence",
    arguments: [
      "selftest --quick --nightly", "selftest --quick --record x",
      "selftest --filter engine=nobody", "selftest --core 100000", "selftest --seed -1",
      "selftest extra", "selftest --gate-runs 0", "neighbour --core 100000",
    ])
  func senseless(line: String) throws {
    let finished = try Daxmark.run(line.split(separator: " ").map(String.init))
    #expect(finished.code == 64, "\(finished.errors)")
    #expect(finished.output.isEmpty)
    #expect(isOneSentence(finished.errors), "\(finished.errors)")
  }

  @Test("hidden verbs are offered to nobody")
  func hidden() throws {
    let finished = try Daxmark.run(["nieghbour"])
    #expect(finished.code == 64 && !finished.errors.contains("'neighbour'"))
    #expect(try !Daxmark.run(["--help"]).output.contains("neighbour"))
  }

  @Test("the neighbour ends when its input closes, or never had any")
  func neighbour() throws {
    // Standard input of these tests is /dev/null, which is at its end at once.
    #expect(try Daxmark.run(["neighbour"]).code == 0)
    let process = Process()
    let input = Pipe()
    process.executableURL = URL(filePath: Daxmark.path)
    process.arguments = ["neighbour"]
    process.standardInput = input
    try process.run()
    usleep(100_000)
    #expect(process.isRunning)
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test("a small one takes every step, keeps nothing for the gate, and records what was asked")
  func small() throws {
    let folder = try Scratch()
    let finished = try Daxmark.run(
      [
        "selftest", "--gate-runs", "2", "--filter", "operation=copy", "--filter", "cache_state=l1",
        "--record", "pairs", "--seed", "1", "--csv",
      ], in: folder.root)
    // The machine decides whether it passes; what it may not do is stop.
    #expect([0, 5].contains(finished.code), "\(finished.errors)")
    let lines = finished.outputLines.map { $0.split(separator: ",").map(String.init) }
    let column = lines.first?.firstIndex(of: "step") ?? 0
    #expect(
      lines.dropFirst().map { $0[column] } == [
        "same", "injected-1-percent", "injected-2-percent", "injected-3-percent",
        "injected-5-percent", "injected-10-percent", "neighbour-same",
        "neighbour-injected-5-percent", "swapped", "order", "permutation", "dispersion", "stored",
        "layout",
      ])
    let pairs = try String(contentsOfFile: folder.root + "/pairs/pairs.csv", encoding: .utf8)
    // A cell that spreads, or looks slower, has more of them.
    let count = pairs.split(separator: "\n").count - 1
    #expect(count >= 2 * 30 && count <= 2 * 120, "\(count)")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.root)
    #expect(!files.contains { $0.hasSuffix("selftest.csv") }, "\(files)")
  }

  @Test("interrupted, it keeps nothing and leaves nobody behind")
  func interrupted() throws {
    let folder = try Scratch()
    let test = try Daxmark(["selftest", "--quick"], in: folder.root)
    while test.worker == nil { usleep(1000) }
    usleep(300_000)
    kill(test.processID, SIGINT)
    let finished = test.wait()
    #expect(finished.code == 130, "\(finished.errors)")
    #expect(isOneSentence(finished.sentence + "\n"), "\(finished.errors)")
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.root)
    #expect(files == [], "\(files)")
  }

  @Test(
    "one that is recorded keeps the pairs before its end, and no folder without any",
    arguments: [SIGINT, SIGKILL])
  func interruptedRecording(number: Int32) throws {
    let folder = try Scratch()
    let cells = ["--filter", "operation=copy", "--filter", "cache_state=l1", "--gate-runs", "20"]
    let test = try Daxmark(["selftest", "--record", "pairs"] + cells, in: folder.root)
    // Each run of equal builds has workers of its own: the second one ends with the third there.
    var workers: Set<pid_t> = []
    _ = eventually {
      workers.formUnion(ProcessTable.children(of: test.processID))
      return workers.count > 6
    }
    // Of a worker that dies the sentence names the side; of a person it is enough to be asked.
    if number == SIGINT {
      kill(test.processID, SIGINT)
    } else {
      kill(try #require(test.worker), SIGKILL)
    }
    let finished = test.wait()
    #expect(finished.code == (number == SIGINT ? 130 : 1), "\(finished.errors)")
    #expect(isOneSentence(finished.sentence + "\n"), "\(finished.errors)")
    // The steps that it had are shown, the unfinished one by its whole gate runs.
    #expect(finished.output.hasPrefix("NOT WHOLE: "), "\(finished.output)")
    #expect(finished.output.contains("same"), "\(finished.output)")
    #expect(finished.output.contains("ended after"), "\(finished.output)")
    #expect(finished.output.contains("of 20 gate runs"), "\(finished.output)")
    let pairs = Table(file: folder.path("pairs/pairs.csv")).rows
    #expect(pairs.count >= 30, "\(pairs.count)")
    let facts = Table(file: folder.path("pairs/machine.csv"))
    #expect(facts.fact("duel_complete") == "0" && facts.fact("pairs") == String(pairs.count))
    #expect(eventually { !workers.contains(where: ProcessTable.isRunning) })

    let early = try Daxmark(["selftest", "--record", "none"] + cells, in: folder.root)
    _ = eventually { early.worker != nil }
    kill(early.processID, SIGINT)
    #expect(early.wait().code == 130)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.root)
    #expect(names == ["pairs"], "\(names)")
  }
}
