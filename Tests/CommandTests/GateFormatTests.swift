import Foundation
import Testing

/// The gate's reports as files, and the exit codes beside them.
@Suite struct GateFormatTests {
  /// What a test changes about a gate of the shared run.
  private struct World {
    let scratch: Scratch
    let run: String
    let baseline: String

    init() throws {
      scratch = try Scratch()
      run = try SharedRun.folder()
      baseline = try SharedRun.baseline(in: scratch)
    }

    func gate(_ arguments: [String] = []) throws -> Finished {
      try Daxmark.run(["gate", run, "--baseline", baseline] + arguments, in: scratch.root)
    }

    func object(_ text: String) throws -> [String: Any] {
      try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// Records a self-test of so many days ago in a folder.
    func recordSelfTest(in folder: String, passed: Bool, daysAgo: Double = 0) throws {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let started = Int(Date().timeIntervalSince1970 - daysAgo * 86_400)
      let text = """
        schema,self_test_version,commit,started_unix,mode,step,trials,failures,inconclusive,\
        share_maximum,share_low,share_high,values,passed,detail
        2,1,abc,\(started),quick,a-a,240,\(passed ? 0 : 3),0,0,0,0.02,,\(passed ? 1 : 0),
        """
      try text.appending("\n").write(
        toFile: folder + "/selftest.csv", atomically: false, encoding: .utf8)
    }

    var machineClass: String {
      Table(file: run + "/machine.csv").fact("class_name") ?? ""
    }
  }

  @Test("a format goes to the terminal; with files, text does")
  func formats() throws {
    let world = try World()
    let text = try world.gate()
    #expect(text.code == 3 && text.output.hasPrefix("INCONCLUSIVE: "), "\(text.errors)")
    #expect(try world.gate(["--format", "text"]).output == text.output)
    let json = try world.object(try world.gate(["--format", "json"]).output)
    #expect(json["exit_code"] as? Int == 3 && json["verdict"] as? String == "inconclusive")
    #expect(try world.gate(["--format", "markdown"]).output.hasPrefix("**⚠️ daxmark INCONCLUSIVE:"))
    let files = ["a.json", "b.md", "c.xml", "d.txt", "summary"].map(world.scratch.path)
    let many = try world.gate(["--format", "markdown"] + files.flatMap { ["--output", $0] })
    #expect(many.code == 3 && many.output == text.output && many.errors.isEmpty)
    #expect(try world.object(world.scratch.text("a.json"))["exit_code"] as? Int == 3)
    #expect(world.scratch.text("b.md") == world.scratch.text("summary"))
    #expect(world.scratch.text("c.xml").hasPrefix("<?xml"))
    #expect(world.scratch.text("d.txt").hasPrefix("INCONCLUSIVE: "))
    let strict = try world.gate(["--strict", "--output", files[0]])
    #expect(strict.code == 2)
    #expect(try world.object(world.scratch.text("a.json"))["exit_code"] as? Int == 2)
  }

  @Test("a command line that contradicts itself is a usage error")
  func usage() throws {
    let world = try World()
    for wrong in [
      ["--format", "xml"], ["--format", "junit", "--output", "a.json"], ["--output"],
    ] {
      let finished = try world.gate(wrong)
      #expect(finished.code == 64 && isOneSentence(finished.errors), "\(finished.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: world.scratch.path("a.json")))
  }

  @Test("a file that cannot be written is an error of the tool; a pipe and a link are written to")
  func places() throws {
    let world = try World()
    let nowhere = world.scratch.path("none/a.json")
    let refused = try world.gate(["--output", nowhere])
    #expect(refused.code == 1 && refused.errors.contains("'\(nowhere)'"))
    let link = world.scratch.path("link.json")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: world.scratch.path("target"))
    #expect(try world.gate(["--output", link]).code == 3)
    #expect(try world.object(world.scratch.text("target"))["exit_code"] as? Int == 3)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: link)
        == world.scratch.path("target"))
    #expect(try world.gate(["--format", "json", "--output", "/dev/null"]).code == 3)
    let device = try FileManager.default.attributesOfItem(atPath: "/dev/null")
    #expect(device[.type] as? FileAttributeType == .typeCharacterSpecial)
  }

  @Test("a gate that cannot judge still leaves a report, with its exit code")
  func unusable() throws {
    let world = try World()
    let files = ["a.json", "a.xml"].map(world.scratch.path)
    let output = files.flatMap { ["--output", $0] }
    for (arguments, code) in [
      (["gate", world.run, "--baseline", world.scratch.path("none")], 4),
      (["gate", world.scratch.path("none"), "--baseline", world.baseline], 1),
    ] {
      for file in files { try "old".write(toFile: file, atomically: false, encoding: .utf8) }
      let finished = try Daxmark.run(arguments + output, in: world.scratch.root)
      #expect(finished.code == code && isOneSentence(finished.errors), "\(finished.errors)")
      #expect(finished.output.isEmpty)
      let json = try world.object(world.scratch.text("a.json"))
      #expect(json["exit_code"] as? Int == code)
      let notices = json["notices"] as? [String]
      #expect(notices?.count == 1 && finished.errors.contains(notices?.first ?? "?"))
      #expect(world.scratch.text("a.xml").contains("errors=\"1\""))
      // On the terminal, in another format, the report stands alone; the sentence is told beside.
      let alone = try Daxmark.run(arguments + ["--format", "json"], in: world.scratch.root)
      #expect(try world.object(alone.output)["exit_code"] as? Int == code)
      #expect(alone.code == code && isOneSentence(alone.errors))
    }
  }

  @Test("a failed or old self-test refuses, a missing one is noted, a fresh one is silent")
  func selfTest() throws {
    let world = try World()
    let own = world.scratch.path("results/baselines/\(world.machineClass)")
    func notices() throws -> String {
      let json = try world.object(try world.gate(["--format", "json"]).output)
      return (json["notices"] as? [String] ?? []).joined(separator: " ")
    }
    #expect(try notices().contains("has not tested itself"))
    for folder in [own, world.baseline] {
      try world.recordSelfTest(in: folder, passed: true)
      #expect(try !notices().contains("self"))
      try world.recordSelfTest(in: folder, passed: true, daysAgo: 31.5)
      let old = try world.gate()
      #expect(old.code == 5 && isOneSentence(old.errors), "\(old.errors)")
      #expect(old.errors.contains("is 31 days old") && old.errors.contains("daxmark selftest"))
      try world.recordSelfTest(in: folder, passed: false)
      let refused = try world.gate(["--output", world.scratch.path("a.json")])
      #expect(refused.code == 5 && isOneSentence(refused.errors), "\(refused.errors)")
      #expect(refused.errors.contains("'a-a'") && refused.output.isEmpty)
      let json = try world.object(world.scratch.text("a.json"))
      #expect(json["exit_code"] as? Int == 5 && json["verdict"] as? String == "self-test-failed")
      try FileManager.default.removeItem(atPath: folder + "/selftest.csv")
    }
    // One that nobody can read might have failed.
    try "schema,step\n2,a-a\n".write(
      toFile: own + "/selftest.csv", atomically: false, encoding: .utf8)
    let damaged = try world.gate()
    #expect(damaged.code == 5 && isOneSentence(damaged.errors), "\(damaged.errors)")
    #expect(damaged.errors.contains("selftest.csv line 1 column"))
    // A self-test alone is no baseline, and no damaged one.
    try world.recordSelfTest(in: own, passed: true)
    let none = try Daxmark.run(["gate", world.run], in: world.scratch.root)
    #expect(none.code == 4 && none.errors.contains("make baseline"), "\(none.errors)")
    let run = ["run"] + SharedRun.fewCells + ["--out", world.scratch.path("beside")]
    for arguments in [run, ["report", world.run]] {
      let other = try Daxmark.run(arguments, in: world.scratch.root)
      #expect(other.code == 0, "\(other.errors)")
    }
  }
}
