import Foundation
import Testing

@testable import daxmark

/// What an argument of a duel means, and what is said of one that means nothing.
@Suite struct RevisionTests {
  private let fake: FakeRepository

  init() throws { fake = try FakeRepository() }

  @Test("an executable is taken as it is, by whatever path", arguments: ["tool", "./tool", "link"])
  func executable(argument: String) throws {
    try fake.write("tool", "#!/bin/sh\n")
    chmod(fake.top + "/tool", 0o755)
    symlink("tool", fake.top + "/link")
    // A branch of that name changes nothing: what lies there is what a person sees.
    try fake.git("branch", argument.replacing("./", with: ""))
    for typed in [argument, "\(fake.top)/\(argument)"] {
      let side = try fake.resolve(typed)
      #expect(side.executable == FileSystem.canonical(fake.top + "/tool"))
      #expect(side.commit == nil && !side.isDirty && side.label == "A")
      #expect(side.description == typed)
    }
    #expect(fake.buildCount == 0)
  }

  @Test(
    "a revision in any spelling is the commit's executable",
    arguments: ["HEAD~1", "old", "light", "heavy", "HEAD^", ":/one", "full", "short", "main~1"])
  func spelling(argument: String) throws {
    let one = try fake.git("rev-parse", "HEAD")
    try fake.git("branch", "old")
    try fake.git("tag", "light")
    try fake.git("tag", "-a", "-m", "heavy", "heavy")
    try fake.commit(saying: "two")
    let typed = ["full": one, "short": String(one.prefix(7))][argument] ?? argument
    let side = try fake.resolve(typed)
    #expect(side.commit == one)
    #expect(side.description == "\(typed) (\(one.prefix(7)))")
    #expect(side.executable == FileSystem.canonical("\(fake.revisions)/\(one)/daxmark"))
    #expect(try shell([side.executable]) == "one")
    #expect(try shell([try fake.resolve("HEAD").executable]) == "two")
    #expect(fake.buildCount == 2)
    try fake.expectNoLeftovers()
  }

  @Test(
    "a file that cannot be executed, and a folder, may still be names of branches",
    arguments: ["says", "results"])
  func branchOfThatName(name: String) throws {
    try FileManager.default.createDirectory(
      atPath: fake.top + "/results", withIntermediateDirectories: true)
    try fake.git("branch", name)
    #expect(try shell([try fake.resolve(name).executable]) == "one")
  }

  @Test(
    "what names nothing is refused in a sentence that says which side, and what was meant",
    arguments: [
      ("mian", "did you mean 'main'?"), ("v1.O", "did you mean 'v1.0'?"), ("HEAD~99", "HEAD"),
      ("zzzzzzzz", "git revision."), ("./missing", "git revision."), ("", "git revision."),
      ("/no/such/daxmark", "git revision."), ("--all", "git revision."),
      ("-x", "git revision."), ("HEAD^{tree}", "git revision"), ("HEAD:says", "git revision"),
      ("says", "is a file that cannot be executed."), ("folder", "is a folder"),
      ("/", "is a folder"), ("/dev/null", "is no file."), ("deadbeefdeadbeef", "git revision."),
      ("HEAD..main", "git revision"), ("main feature", "git revision"),
      ("main~1", "is no revision of daxmark."),
    ])
  func refused(argument: String, words: String) throws {
    try fake.git("tag", "v1.0")
    try FileManager.default.createDirectory(
      atPath: fake.top + "/folder", withIntermediateDirectories: true)
    let sentence = fake.refusal(argument)
    #expect(sentence.hasPrefix("A '\(argument)'"))
    #expect(sentence.contains(words), "\(sentence)")
    #expect(isSentence(sentence), "\(sentence)")
    #expect(fake.buildCount == 0)
  }

  @Test("a shallow clone says that it may lack the commit")
  func shallow() throws {
    let clone = fake.scratch.path("clone")
    try shell(["git", "clone", "-q", "--depth", "1", "file://" + fake.top, clone])
    let revisions = Revisions(folder: clone, recipe: FakeRepository.recipe)
    let failure = #expect(throws: Failure.self) {
      try revisions.resolve("0123456789abcdef", as: "B") { _ in }
    }
    #expect(failure?.sentence.contains("this clone is shallow") == true)
    #expect(failure.map { isSentence($0.sentence) } == true)
  }

  @Test("outside a repository there are executables only", arguments: [".", "HEAD", "x", "/"])
  func noRepository(argument: String) throws {
    let bare = try Scratch()
    let revisions = Revisions(folder: bare.root, recipe: FakeRepository.recipe)
    let failure = #expect(throws: Failure.self) {
      try revisions.resolve(argument, as: "B") { _ in }
    }
    #expect(failure?.kind == .tool)
    #expect(failure?.sentence.hasPrefix("B '\(argument)'") == true)
    #expect(failure?.sentence.contains("no git repository") == true)
    #expect(failure.map { isSentence($0.sentence) } == true)
    #expect(FileSystem.names(in: bare.root).isEmpty)
    #expect(try revisions.resolve("/bin/true", as: "B") { _ in }.commit == nil)
  }

  @Test("the working tree is built in place as it stands, from any folder of it")
  func workingTree() throws {
    let head = try fake.git("rev-parse", "HEAD")
    let clean = try fake.resolve(".")
    #expect(clean.commit == head && !clean.isDirty)
    #expect(clean.executable == FileSystem.canonical(fake.top + "/.build/release/daxmark"))
    #expect(try shell([clean.executable]) == "one")
    try fake.write("says", "changed")
    try FileManager.default.createDirectory(
      atPath: fake.top + "/deep/down", withIntermediateDirectories: true)
    let revisions = Revisions(folder: fake.top + "/deep/down", recipe: FakeRepository.recipe)
    let dirty = try revisions.resolve(".", as: "B") { _ in }
    #expect(dirty.commit == head && dirty.isDirty && dirty.executable == clean.executable)
    #expect(dirty.description == ". (\(head.prefix(7)), dirty)")
    #expect(try shell([dirty.executable]) == "changed")
    // The commit itself is untouched by what lies in the working tree.
    #expect(try shell([try revisions.resolve("HEAD", as: "A") { _ in }.executable]) == "one")
    #expect(FileSystem.names(in: fake.top + "/.build").contains("working-tree.log") == false)
  }

  @Test("a working tree of something else is no side")
  func otherTree() throws {
    try fake.write("Package.swift", "let package = Package(name: \"other\")\n")
    let sentence = fake.refusal(".")
    #expect(sentence == "A '.' is no working tree of daxmark.")
  }
}
