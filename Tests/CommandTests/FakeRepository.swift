import Foundation
import Testing

@testable import daxmark

/// A small git repository that passes for daxmark's and builds in a moment.
struct FakeRepository {
  let scratch: Scratch
  var top: String { scratch.path("repository") }
  var revisions: String { top + "/.build/revisions" }

  /// Makes one with a first commit that is no daxmark, and a second whose executable says `one`.
  init() throws {
    scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: top, withIntermediateDirectories: true)
    try git("init", "-q", "-b", "main")
    try write("notes", "nothing to build")
    try commit("foundation")
    try write("Package.swift", #"let package = Package(name: "daxmark")"# + "\n")
    try write(".gitignore", ".build*\nPackage.resolved\n")
    try write("build.sh", Self.script)
    try write("says", "one")
    try commit("one")
  }

  /// Makes an executable that prints the file `says`; counts the builds, and fails if two overlap.
  private static let script = """
    set -e
    mkdir -p "$2/release"
    echo build >> "$2.count"
    mkdir "$2.busy" || { echo "error: two builds at once"; exit 9; }
    trap 'rmdir "$2.busy"' EXIT
    test ! -e "$1/hook" || . "$1/hook"
    printf '#!/bin/sh\\necho %s\\n' "$(cat "$1/says")" > "$2/release/daxmark"
    chmod +x "$2/release/daxmark"
    """

  static let recipe = BuildRecipe(
    command: { source, products in ["sh", source + "/build.sh", source, products] },
    executable: "release/daxmark", toolchain: ["echo", "swift of the test"])

  /// A resolver in the repository.
  func resolver(_ isInterrupted: @escaping @Sendable () -> Bool = { false }) -> Revisions {
    Revisions(folder: top, recipe: Self.recipe, isInterrupted: isInterrupted)
  }

  func resolve(_ argument: String) throws -> BuiltSide {
    try resolver().resolve(argument, as: "A") { _ in }
  }

  /// The sentence that an argument is refused with.
  func refusal(_ argument: String) -> String {
    do {
      _ = try resolve(argument)
      return "not refused"
    } catch let failure as Failure {
      #expect(failure.kind == .tool)
      return failure.sentence
    } catch {
      return "\(error)"
    }
  }

  /// A commit whose executable says something else.
  @discardableResult func commit(saying text: String) throws -> String {
    try write("says", text)
    return try commit(text)
  }

  /// A commit whose build runs some shell lines first.
  @discardableResult func commit(hook: String) throws -> String {
    try write("hook", hook)
    return try commit("hook")
  }

  @discardableResult func commit(_ message: String) throws -> String {
    try git("add", "-A")
    try git("commit", "-q", "-m", message)
    return try git("rev-parse", "HEAD")
  }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: "\(top)/\(name)", atomically: false, encoding: .utf8)
  }

  @discardableResult func git(_ arguments: String...) throws -> String {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return try shell(Repository.command + ["-C", top] + identity + arguments)
  }

  var buildCount: Int {
    let text = (try? String(contentsOfFile: revisions + "/products.count", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").count
  }

  /// What the cache's folder holds, sorted.
  var kept: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: revisions)) ?? []).sorted()
      .filter { !["products", "products.count", "lock"].contains($0) }
  }

  /// Nothing of a build is left: no sources, no index, no second working tree, no staged result.
  func expectNoLeftovers(_ location: SourceLocation = #_sourceLocation) throws {
    for name in ["source", "source.index", "source.index.lock", "staged", "products.busy"] {
      let path = "\(revisions)/\(name)"
      #expect(!FileManager.default.fileExists(atPath: path), "\(path)", sourceLocation: location)
    }
    let trees = try git("worktree", "list").split(separator: "\n")
    #expect(trees.count == 1, sourceLocation: location)
    #expect(try git("status", "--porcelain").isEmpty, sourceLocation: location)
  }
}

/// What a command prints, without the last line's end; it must succeed.
@discardableResult func shell(_ arguments: [String]) throws -> String {
  let printed = try ChildCommand.read(arguments)
  try #require(printed.ending == .code(0), "\(arguments): \(printed.errors)")
  return printed.output.trimmingCharacters(in: .newlines)
}

/// Whether a text is one sentence, as a verb would end with.
func isSentence(_ text: String) -> Bool { isOneSentence("daxmark: \(text)") }
