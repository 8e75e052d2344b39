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

  @Test("the script asks for the cell that a patch makes slower, not for any that is named")
  func cell() throws {
    for (found, isRight) in [("model", true), ("core", false), ("modelled", false)] {
      let scratch = try Scratch()
      let row = #"classname="daxmark.cow-edge" name="cow-edge NAME auto x=1 [paired]" time="0""#
      let program = """
        #!/bin/sh
        for file do :; done
        case $3 in
          needless-flush) name=\(found) ;;
          lost-alignment) name=core ;;
          *) exit 0 ;;
        esac
        sed "s/NAME/$name/" > "$file" << 'END'
          <testcase \(row)><failure message="regressed"></failure></testcase>
          <testcase \(row.replacing("NAME", with: "model"))/>
        END
        exit 2
        """
      try program.write(toFile: scratch.path("daxmark"), atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: scratch.path("daxmark"))
      let printed = try ChildCommand.read([
        Self.root + "/scripts/regressions", scratch.path("daxmark"),
      ])
      #expect(printed.ending == .code(isRight ? 0 : 1), "\(printed.output)\(printed.errors)")
      #expect(printed.errors.contains("does not find 'cow-edge model' slower") == !isRight)
    }
  }

  @Test(
    "a real regression is found, and a changed comment passes",
    .enabled(if: isSlowWanted, "set DAXMARK_SLOW_TESTS=1; it builds four revisions"))
  func found() throws {
    let printed = try ChildCommand.read([Self.root + "/scripts/regressions", Daxmark.path])
    #expect(printed.ending == .code(0), "\(printed.output)\(printed.errors)")
  }
}
