import Foundation
import Synchronization
import Testing

@testable import daxmark

/// Builds of revisions: kept, shared, bounded, and gone without a trace when they end early.
@Suite struct RevisionBuildTests {
  private let fake: FakeRepository

  init() throws { fake = try FakeRepository() }

  @Test("the release build is the Makefile's")
  func makefile() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "Makefile"), encoding: .utf8)
    let line = "\t@swift " + BuildRecipe.arguments.joined(separator: " ") + "\n"
    #expect(text.contains(line))
    #expect(
      BuildRecipe.release.command("S", "P")
        == ["swift"] + BuildRecipe.arguments + ["--package-path", "S", "--scratch-path", "P"])
  }

  @Test("a commit is built once, and again when its executable or its toolchain is another")
  func kept() throws {
    let first = try fake.resolve("HEAD")
    #expect(try fake.resolve("main") == copy(first, argument: "main"))
    #expect(fake.buildCount == 1)
    try FileManager.default.removeItem(atPath: first.executable)
    #expect(try shell([try fake.resolve("HEAD").executable]) == "one")
    #expect(fake.buildCount == 2)
    var newer = fake.resolver()
    newer.recipe.toolchain = ["echo", "a newer swift"]
    _ = try newer.resolve("HEAD", as: "A") { _ in }
    #expect(fake.buildCount == 3)
    _ = try newer.resolve("HEAD", as: "A") { _ in }
    #expect(fake.buildCount == 3)
    try fake.expectNoLeftovers()
  }

  private func copy(_ side: BuiltSide, argument: String) -> BuiltSide {
    BuiltSide(
      label: side.label, argument: argument, executable: side.executable, commit: side.commit,
      isDirty: side.isDirty)
  }

  @Test("a file from the index of the working tree is in no build, nor one that was deleted")
  func exactSources() throws {
    try fake.write("hook", "exit 7")
    try fake.git("add", "hook")
    try fake.git("rm", "-q", "--cached", "says")
    #expect(try shell([try fake.resolve("HEAD").executable]) == "one")
  }

  @Test("both sides get the dependencies that the working tree has resolved")
  func resolved() throws {
    try fake.write("Package.resolved", "pins of the tree")
    try fake.commit(hook: #"test "$(cat "$1/Package.resolved")" = "pins of the tree""#)
    _ = try fake.resolve("HEAD")
  }

  @Test("what the working tree has fetched is there before the first build")
  func seeded() throws {
    for name in ["checkouts", "repositories"] {
      try FileManager.default.createDirectory(
        atPath: "\(fake.top)/.build/\(name)/parser", withIntermediateDirectories: true)
    }
    try fake.write(".build/workspace-state.json", "{}")
    try fake.commit(
      hook: """
        test -d "$2/checkouts/parser" -a -d "$2/repositories/parser"
        test -f "$2/workspace-state.json"
        """)
    _ = try fake.resolve("HEAD")
  }

  @Test("the first complaint of the compiler is said, the log is kept until it builds")
  func broken() throws {
    let commit = try fake.commit(
      hook: """
        echo "[1/9] Compiling"
        echo "$1/Sources/X.swift:3:7: error: cannot find 'y' in scope"
        echo "error: later"
        exit 1
        """)
    let sentence = fake.refusal("HEAD")
    let log = "\(FileSystem.canonical(fake.revisions))/\(commit).log"
    #expect(
      sentence
        == "A 'HEAD' (\(commit.prefix(7))) does not build: "
        + "Sources/X.swift:3:7: error: cannot find 'y' in scope; the log is '\(log)'.")
    #expect(FileSystem.isFile(log))
    #expect(fake.kept == ["\(commit).log"])
    try fake.expectNoLeftovers()
    #expect(fake.refusal("HEAD") == sentence)
    #expect(fake.buildCount == 2)
  }

  @Test(
    "a build that ends oddly is a failure in a sentence",
    arguments: [
      ("exit 3", "it printed nothing"), ("echo 'Out of disk.'; exit 1", "Out of disk; the log"),
      ("kill -9 $$", "died of signal 9"),
      (
        "mkdir -p $2/release; trap - EXIT; rmdir $2.busy; exit 0",
        "made no executable"
      ),
    ])
  func odd(hook: String, words: String) throws {
    try fake.commit(hook: hook)
    let sentence = fake.refusal("HEAD")
    #expect(sentence.contains(words), "\(sentence)")
    #expect(isSentence(sentence), "\(sentence)")
  }

  @Test("a missing compiler is said", arguments: [["/no/such/swift"], ["false"]])
  func noCompiler(command: [String]) throws {
    var revisions = fake.resolver()
    revisions.recipe.toolchain = command
    let failure = #expect(throws: Failure.self) { try revisions.resolve("HEAD", as: "A") { _ in } }
    #expect(failure?.sentence.contains("cannot be built: '\(command[0])'") == true)
    #expect(failure.map { isSentence($0.sentence) } == true)
  }

  @Test("two that want the same commit build it once; two commits are never built at once")
  func together() async throws {
    try fake.write("hook", "sleep 0.3")
    let two = try fake.commit(saying: "two")
    let three = try fake.commit(saying: "three")
    try await withThrowingTaskGroup(of: (String, BuiltSide).self) { group in
      for commit in [two, three, two, three] {
        let revisions = fake.resolver()
        group.addTask { (commit, try revisions.resolve(commit, as: "A") { _ in }) }
      }
      for try await (commit, side) in group {
        #expect(try shell([side.executable]) == (commit == two ? "two" : "three"))
      }
    }
    #expect(fake.buildCount == 2)
    try fake.expectNoLeftovers()
  }

  @Test("the eight used last are kept")
  func bounded() throws {
    var commits: [String] = []
    for number in 0..<9 {
      let commit = try fake.commit(saying: "\(number)")
      commits.append(commit)
      // The first one is used all the time, so the second goes.
      _ = try fake.resolve(commits[0])
      _ = try fake.resolve(commit)
    }
    #expect(fake.kept == (commits.prefix(1) + commits.dropFirst(2)).sorted())
    #expect(fake.buildCount == 9)
  }

  @Test("a build that was killed before is cleaned up by the next")
  func stale() throws {
    for name in ["source", "staged"] {
      try FileManager.default.createDirectory(
        atPath: "\(fake.revisions)/\(name)", withIntermediateDirectories: true)
      try "exit 9".write(
        toFile: "\(fake.revisions)/\(name)/hook", atomically: false, encoding: .utf8)
    }
    #expect(try shell([try fake.resolve("HEAD").executable]) == "one")
    try fake.expectNoLeftovers()
  }

  @Test(
    "Ctrl-C ends a build with all that it started, also what ignores it",
    arguments: ["", "trap '' INT TERM; ", "trap '' INT TERM; set -m; "])
  func interrupted(stubbornness: String) throws {
    let commit = try fake.commit(
      hook: stubbornness + "(while :; do touch $1/spill; sleep 0.05; done) & echo $! > $2/child; "
        + "sleep 60; sleep 60; sleep 60")
    let child = "\(fake.revisions)/products/child"
    let hasStarted: @Sendable () -> Bool = { !((try? FileSystem.read(child)) ?? []).isEmpty }
    var shown: [String] = []
    let failure = #expect(throws: Failure.self) {
      try fake.resolver(hasStarted).resolve("HEAD", as: "A") { shown.append($0) }
    }
    #expect(failure?.kind == .interrupted)
    #expect(failure.map { isSentence($0.sentence) } == true)
    #expect(shown.first == "building A, \(commit.prefix(7)), 0 s")
    let text = try String(contentsOfFile: child, encoding: .utf8)
    let process = try #require(pid_t(text.trimmingCharacters(in: .newlines)))
    #expect(eventually { !ProcessTable.isRunning(process) })
    #expect(fake.kept.filter { $0 != "products.busy" }.isEmpty)
    // The shell that is killed for good cannot remove its own mark.
    rmdir(fake.revisions + "/products.busy")
    try fake.expectNoLeftovers()
  }

  @Test("who waits for another's build can be interrupted too, and says that it waits")
  func interruptedWaiting() throws {
    try FileManager.default.createDirectory(
      atPath: fake.revisions, withIntermediateDirectories: true)
    let other = open(fake.revisions + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    defer { close(other) }
    #expect(flock(other, LOCK_EX) == 0)
    let asked = Counter()
    var shown: [String] = []
    let failure = #expect(throws: Failure.self) {
      try fake.resolver { asked.next() > 2 }.resolve("HEAD", as: "B") { shown.append($0) }
    }
    #expect(failure?.kind == .interrupted)
    #expect(shown.first?.hasPrefix("waiting for another build") == true)
    #expect(fake.buildCount == 0)
  }

  @Test("a build whose daxmark was killed keeps the lock until it has ended")
  func orphan() throws {
    let lock = fake.scratch.path("lock")
    let held = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    #expect(flock(held, LOCK_EX) == 0)
    let (started, stop, ended) = (Counter(), Counter(), Counter())
    // A thread of its own: those of tasks may all be taken by other tests that wait.
    Thread {
      let ending = try? ChildCommand.run(
        ["sleep", "60"], output: 2, errors: 2, holding: held,
        isInterrupted: { stop.value > 0 }, observe: { _ in _ = started.next() })
      if ending == .interrupted { _ = ended.next() }
    }.start()
    try #require(eventually { started.value > 0 })
    close(held)
    let other = open(lock, O_RDWR | O_CLOEXEC)
    defer { close(other) }
    #expect(flock(other, LOCK_EX | LOCK_NB) != 0)
    _ = stop.next()
    #expect(eventually { ended.value > 0 })
    #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
  }
}

/// A number that threads count up.
private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
