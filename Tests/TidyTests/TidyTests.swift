import Foundation
import Testing

/// The house rules over the whole repository.
@Suite struct TidyTests {
  static let swift = Repository.sources(["Sources", "Benchmarks", "Tests"], ["swift"])
  static let shipped = Repository.sources(["Sources", "Benchmarks"], ["swift"])
  static let code = Repository.sources(
    ["Sources", "Benchmarks", "Tests"], ["swift", "c", "h", "inc"])

  private func expectNone(_ breaches: [String]) {
    #expect(breaches.isEmpty, "\(breaches.joined(separator: "\n"))")
  }

  @Test("the repository was found")
  func found() {
    #expect(Self.shipped.count > 100 && Self.code.count > Self.swift.count)
    #expect(Repository.files.contains { $0.path == "Package.swift" })
  }

  @Test("targets import what the table allows; no Foundation, no Dispatch")
  func imports() {
    expectNone(Self.shipped.flatMap(Rules.forbiddenImports))
    for allowed in Rules.imports.values {
      #expect(allowed.isDisjoint(with: ["Foundation", "Dispatch"]))
    }
  }

  @Test("files have at most 400 lines")
  func length() { expectNone(Self.code.flatMap(Rules.isTooLong)) }

  @Test("lines have at most 100 columns")
  func width() { expectNone(Self.swift.flatMap(Rules.wideLines)) }

  @Test("no shipped file says unsafe without saying why")
  func safety() { expectNone(Self.shipped.flatMap(Rules.unsafeWithoutReason)) }

  @Test("no banned words in what ships")
  func words() { expectNone(Self.shipped.flatMap(Rules.bannedWords)) }

  @Test("every unchecked Sendable has its proof")
  func unchecked() { expectNone(Self.shipped.flatMap(Rules.uncheckedWithoutProof)) }

  @Test("no path of a developer's machine")
  func paths() { expectNone(Repository.files.flatMap(Rules.machinePaths)) }

  @Test("every folder of Sources and Benchmarks is a target, and each Swift one has its row")
  func targets() throws {
    let package = try #require(Repository.files.first { $0.path == "Package.swift" }).text
    for parent in ["Sources", "Benchmarks"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: Repository.root + parent)
      for name in names {
        #expect(package.contains("name: \"\(name)\""), "\(parent)/\(name) has no target")
      }
    }
    #expect(Set(Self.shipped.map { Rules.target(of: $0.path) }) == Set(Rules.imports.keys))
  }

  @Test("scripts can be executed, those with a first line that says how")
  func scripts() {
    let scripts = Repository.files.filter { $0.text.hasPrefix("#!") }
    #expect(scripts.contains { $0.path == ".ci/run" } && scripts.count >= 3)
    for script in scripts {
      #expect(
        FileManager.default.isExecutableFile(atPath: Repository.root + script.path), "\(script)")
    }
  }

  @Test("builds and resolved versions are ignored and not tracked")
  func ignored() throws {
    let ignore = try #require(Repository.files.first { $0.path == ".gitignore" }).lines
    #expect(ignore.contains(".build*") && ignore.contains("Package.resolved"))
    let git = Process()
    git.executableURL = URL(filePath: "/usr/bin/env")
    git.arguments = [
      "git", "-C", Repository.root, "ls-files", "--", ".build*", "Package.resolved",
    ]
    let output = Pipe()
    git.standardOutput = output
    git.standardError = FileHandle.nullDevice
    try git.run()
    let tracked = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    // A tree without git, such as an archive, tracks nothing.
    #expect(tracked.isEmpty)
  }
}

/// Each rule finds what it is there to find.
@Suite struct RuleTests {
  private func file(_ text: String, at path: String = "Sources/Plan/X.swift") -> Repository.File {
    Repository.File(path: path, text: text)
  }

  @Test(
    "a forbidden import is found in every spelling",
    arguments: [
      "import Foundation", "public import Glibc", "@testable import Record",
      "internal import struct Foundation.Data", "import Dispatch", "@_exported import HotCore",
    ])
  func imports(line: String) {
    #expect(Rules.forbiddenImports(file(line)).count == 1)
    #expect(
      Rules.forbiddenImports(file("internal import Plan", at: "Sources/Record/X.swift")) == [])
    #expect(Rules.forbiddenImports(file("// import Foundation")).isEmpty)
  }

  @Test("long files and wide lines are found, at the boundary")
  func size() {
    #expect(Rules.isTooLong(file(String(repeating: "x\n", count: 401))).count == 1)
    #expect(Rules.isTooLong(file(String(repeating: "x\n", count: 400))).isEmpty)
    #expect(Rules.wideLines(file(String(repeating: "x", count: 101))).count == 1)
    #expect(Rules.wideLines(file(String(repeating: "ü", count: 100))).isEmpty)
  }

  @Test("unsafe code without a reason is found")
  func unsafe() {
    #expect(Rules.unsafeWithoutReason(file("let x = unsafe f()\nlet SAFETY = 1")).count == 1)
    #expect(Rules.unsafeWithoutReason(file("// SAFETY: fine\nunsafe f()")).isEmpty)
    #expect(Rules.unsafeWithoutReason(file("// unsafe in words")).isEmpty)
  }

  @Test(
    "banned words are found", arguments: ["try" + "! f()", "fatal" + "Error()", "// TO" + "DO"])
  func words(line: String) {
    #expect(Rules.bannedWords(file(line)).count == 1)
    #expect(Rules.bannedWords(file("print(1)")).count == 1)
    #expect(Rules.bannedWords(file("print(1)", at: "Sources/daxmark/X.swift")).isEmpty)
    #expect(Rules.bannedWords(file("fingerprint(1)")).isEmpty)
  }

  @Test("an unchecked Sendable without a sentence is found")
  func unchecked() {
    let bare = "struct S: @unchecked " + "Sendable {}"
    #expect(Rules.uncheckedWithoutProof(file(bare)).count == 1)
    #expect(Rules.uncheckedWithoutProof(file("// Sendable: immutable.\n" + bare)).isEmpty)
    let far = "// Sendable: immutable.\n\n\n\n\n" + bare
    #expect(Rules.uncheckedWithoutProof(file(far)).count == 1)
  }

  @Test("a path of somebody's machine is found", arguments: ["home", "Users", "work", "root"])
  func paths(folder: String) {
    #expect(Rules.machinePaths(file("let x = \"/\(folder)/me\"")).count == 1)
    #expect(Rules.machinePaths(file("results/\(folder)/x")).isEmpty)
  }
}
