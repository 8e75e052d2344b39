import Foundation
import Testing

@testable import daxmark

/// Real regressions, kept as patches, and whether the duel finds them.
@Suite struct RegressionTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path()
  static let patches = root + "/Tests/CommandTests/Regressions"
  static let isSlowWanted = ProcessInfo.processInfo.environment["DAXMARK_SLOW_TESTS"] == "1"

  @Test(
    "a patch still applies",
    arguments: ["needless-flush", "lost-alignment", "comment-only"])
  func applies(name: String) throws {
    try shell(["git", "-C", Self.root, "apply", "--check", "\(Self.patches)/\(name).patch"])
  }

  @Test("every patch is one that the script tries")
  func complete() throws {
    let script = try String(contentsOfFile: Self.root + "/scripts/regressions", encoding: .utf8)
    let names = FileSystem.names(in: Self.patches)
    #expect(names.count == 3)
    for name in names { #expect(script.contains("duel \(name.replacing(".patch", with: "")) ")) }
  }

  @Test(
    "a real regression is found, and a changed comment passes",
    .enabled(if: isSlowWanted, "set DAXMARK_SLOW_TESTS=1; it builds four revisions"))
  func found() throws {
    let printed = try ChildCommand.read([Self.root + "/scripts/regressions", Daxmark.path])
    #expect(printed.ending == .code(0), "\(printed.output)\(printed.errors)")
  }
}
