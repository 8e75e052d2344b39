import Foundation
import Testing

/// `scripts/gate`: by the baseline or by a duel, and the exit code of either.
@Suite struct GateScriptTests {
  /// A repository whose daxmark only says what it was asked.
  private final class World {
    let scratch: Scratch

    init() throws {
      scratch = try Scratch()
      let program = """
        #!/bin/sh
        [ "$1" = machine ] && {
          echo "schema,name,value"; echo "3,class_name,a-class"; echo "3,executable_hash,0123"
          exit 0
        }
        echo "$@"
        exit 5
        """
      try program.write(toFile: scratch.path("daxmark"), atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: scratch.path("daxmark"))
      try git(["init", "-q", "-b", "main"])
      try "daxmark\nresults\n".write(
        toFile: scratch.path(".gitignore"), atomically: false, encoding: .utf8)
      try git(["add", "."])
      try git(["commit", "-q", "-m", "first"])
      try commit("second")
    }

    func commit(_ name: String) throws {
      try git(["commit", "-q", "--allow-empty", "-m", name])
    }

    @discardableResult
    func git(_ arguments: [String]) throws -> String {
      let identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
      let clean = ["-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "-u", "GIT_INDEX_FILE", "git"]
      return try finish("/usr/bin/env", clean + ["-C", scratch.root] + identity + arguments).output
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func file(_ path: String, _ text: String = "") throws {
      let path = URL(filePath: scratch.path(path))
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: path)
    }

    func gate(base: String? = nil) throws -> (code: Int32, output: String) {
      let script = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "scripts/gate")
      return try finish(script.path(), ["./daxmark", "--format", "json"], base: base)
    }

    private func finish(
      _ program: String, _ arguments: [String], base: String? = nil
    ) throws -> (code: Int32, output: String) {
      let process = Process()
      process.executableURL = URL(filePath: program)
      process.arguments = arguments
      process.currentDirectoryURL = URL(filePath: scratch.root)
      process.environment = ProcessInfo.processInfo.environment
        .filter { $0.key != "BASE" && !$0.key.hasPrefix("GIT_") }
        .merging(base.map { ["BASE": $0] } ?? [:]) { $1 }
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
  }

  @Test("a baseline and a run are gated by; anything less, or a base, is a duel")
  func choice() throws {
    let world = try World()
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD~1"])
    let base = try world.git(["rev-parse", "HEAD~1"])
    let duel = "duel \(base) . --format json\n"
    #expect(try world.gate() == (5, duel))
    try world.file("results/baselines/another/cells.csv")
    try world.file("results/runs/one/cells.csv")
    #expect(try world.gate() == (5, duel))
    // The folder of a class may hold a self-test alone.
    try world.file("results/baselines/a-class/selftest.csv")
    #expect(try world.gate() == (5, duel))
    try world.file("results/baselines/a-class/cells.csv")
    // A run of another build says nothing about this one.
    #expect(try world.gate() == (5, duel))
    try world.file("results/runs/one/machine.csv", "3,executable_hash,01234\n")
    #expect(try world.gate() == (5, duel))
    try world.file("results/runs/one/machine.csv", "3,executable_hash,0123\n")
    #expect(try world.gate() == (5, "gate --format json\n"))
    #expect(try world.gate(base: "v1") == (5, "duel v1 . --format json\n"))
    try FileManager.default.removeItem(atPath: world.scratch.path("results/runs"))
    #expect(try world.gate() == (5, duel))
  }

  @Test("on main a dirty tree is held against its commit, a clean one against the one before")
  func onMain() throws {
    let world = try World()
    #expect(try world.gate() == (1, ""))
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD"])
    let head = try world.git(["rev-parse", "HEAD"])
    let before = try world.git(["rev-parse", "HEAD^"])
    #expect(try world.gate() == (5, "duel \(before) . --format json\n"))
    // A duel of a tree with itself is passed by anything.
    #expect(try world.gate(base: "HEAD") == (5, "duel \(before) . --format json\n"))
    try world.file("new.swift")
    #expect(try world.gate() == (5, "duel \(head) . --format json\n"))
    try FileManager.default.removeItem(atPath: world.scratch.path("new.swift"))
    try world.git(["reset", "-q", "--hard", "HEAD^"])
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD"])
    #expect(try world.gate() == (1, ""))
  }
}
