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
      try commit("first")
      try commit("second")
    }

    /// A commit that changes a file, by default one that is built.
    func commit(_ name: String, in path: String = "Sources/a.swift") throws {
      try file(path, name)
      try git(["add", "."])
      try git(["commit", "-q", "-m", name])
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
      try finish(RegressionTests.root + "scripts/gate", ["./daxmark", "--format", "json"], base)
    }

    /// Whether the gate says that what it compares is the same.
    func saysSame(base: String? = nil) throws -> Bool {
      let script = RegressionTests.root + "scripts/gate"
      return try finish("/bin/sh", ["-c", "\(script) ./daxmark 2>&1"], base).output
        .contains("nothing that is built differs")
    }

    private func finish(
      _ program: String, _ arguments: [String], _ base: String? = nil
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
    for path in ["Sources/New/new.swift", "Benchmarks/new.swift", "Package.swift"] {
      try world.file(path)
      #expect(try world.gate() == (5, "duel \(head) . --format json\n"))
      #expect(try world.gate(base: "HEAD") == (5, "duel HEAD . --format json\n"))
      try FileManager.default.removeItem(atPath: world.scratch.path(path))
    }
    try world.file("Sources/a.swift", "third")
    #expect(try world.gate() == (5, "duel \(head) . --format json\n"))
    try world.git(["reset", "-q", "--hard", "HEAD^"])
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD"])
    #expect(try world.gate() == (1, ""))
  }

  @Test("what is not built, a report of the last gate say, makes no duel of a tree with itself")
  func beside() throws {
    let world = try World()
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD"])
    let duel = "duel \(try world.git(["rev-parse", "HEAD^"])) . --format json\n"
    for path in ["daxmark.xml", "daxmark.md", "Tests/new.swift", ".gitignore"] {
      try world.file(path, "daxmark\nresults\n# \(path)\n")
      #expect(try world.gate() == (5, duel), "\(path)")
      #expect(try world.gate(base: "HEAD") == (5, duel), "\(path)")
    }
    // Nor does a commit of such files: the change before it is what is left to judge.
    try world.commit("words", in: "README.md")
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD"])
    #expect(try world.gate() == (5, duel))
    #expect(try !world.saysSame())
  }

  @Test("a branch that changes nothing that is built is judged, and said to be the same")
  func wordsAlone() throws {
    let world = try World()
    let base = try world.git(["rev-parse", "HEAD"])
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD"])
    try world.commit("words", in: "README.md")
    #expect(try world.gate() == (5, "duel \(base) . --format json\n"))
    #expect(try world.saysSame())
    #expect(try world.saysSame(base: base))
    try world.commit("third")
    #expect(try world.gate() == (5, "duel \(base) . --format json\n"))
    #expect(try !world.saysSame())
    #expect(try !world.saysSame(base: base))
  }

  @Test("a merge into main is judged whole, by its first parent")
  func merged() throws {
    let world = try World()
    let before = try world.git(["rev-parse", "HEAD"])
    try world.git(["checkout", "-q", "-b", "change"])
    try world.commit("third")
    try world.commit("fourth")
    try world.git(["checkout", "-q", "main"])
    try world.git(["merge", "-q", "--no-ff", "-m", "merge", "change"])
    try world.git(["update-ref", "refs/remotes/origin/main", "HEAD"])
    #expect(try world.gate() == (5, "duel \(before) . --format json\n"))
  }

  @Test("the reports that the README's lines leave behind are ignored")
  func ignored() throws {
    let ignored = try String(contentsOfFile: RegressionTests.root + ".gitignore", encoding: .utf8)
      .split(separator: "\n")
    for line in try Self.lines() {
      for word in line.split(separator: " ") where word.hasPrefix("daxmark.") {
        #expect(ignored.contains("/\(word)"), "\(word)")
      }
    }
  }

  /// The README's five lines.
  private static func lines() throws -> [Substring] {
    let text = try String(contentsOfFile: RegressionTests.root + "README.md", encoding: .utf8)
    let section = try #require(text.firstRange(of: "## Gate your CI in five lines\n\n```\n"))
    let rest = text[section.upperBound...]
    let end = try #require(rest.firstRange(of: "```")).lowerBound
    return rest[..<end].split(separator: "\n")
  }

  @Test("the README's five lines keep the code and the summary in a shell that ends at an error")
  func fiveLines() throws {
    #expect(try Self.lines().count == 5)
    for code: Int32 in [0, 2, 3] {
      let scratch = try Scratch()
      for (name, body) in [
        ("make", "exit 0"), ("git", "exit 1"),
        ("scripts/gate", "echo a summary > daxmark.md; exit \(code)"),
      ] {
        let path = scratch.path(name)
        try FileManager.default.createDirectory(
          atPath: scratch.path("scripts"), withIntermediateDirectories: true)
        try "#!/bin/sh\n\(body)\n".write(toFile: path, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      }
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/sh")
      shell.arguments = ["-e", "-c", try Self.lines().joined(separator: "\n")]
      shell.currentDirectoryURL = URL(filePath: scratch.root)
      shell.environment = [
        "PATH": scratch.root + ":/usr/bin:/bin", "GITHUB_STEP_SUMMARY": scratch.path("summary"),
      ]
      try shell.run()
      shell.waitUntilExit()
      #expect(shell.terminationStatus == code)
      #expect(scratch.text("summary") == "a summary\n")
    }
  }
}
