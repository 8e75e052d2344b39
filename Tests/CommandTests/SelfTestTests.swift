import Foundation
import Testing

/// The self-test from the command line, and the neighbour that it measures beside.
@Suite struct SelfTestTests {
  @Test(
    "a command line that makes no sense says so in a sentence",
    arguments: [
      "selftest --quick --nightly", "selftest --quick --record x",
      "selftest --filter engine=nobody", "selftest --core 100000", "selftest --seed -1",
      "selftest extra", "neighbour --core 100000",
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
    #expect(files.filter { $0.hasSuffix(".csv") || $0.hasSuffix(".tmp") }.isEmpty, "\(files)")
  }
}
