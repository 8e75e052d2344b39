import Glibc
import Testing

@testable import Runner

@Suite("Dirty commit")
struct DirtyCommitTests {
  @Test("what git prints is judged")
  func judged() {
    let clean = DirtyCommit(head: "0123456789ab\n", status: "\n")
    #expect(clean.commit == "0123456789ab" && clean.dirty == "no")
    #expect(DirtyCommit(head: "0123456789ab\n", status: " M a\n").dirty == "yes")
    for head in [nil, "", "HEAD", "0123456789a", "0123456789aä", "fatal: not a git repository"] {
      #expect(DirtyCommit(head: head, status: nil).commit == "unknown")
    }
    #expect(DirtyCommit(head: nil, status: nil).facts.map(\.value) == ["unknown", "unknown"])
  }

  @Test("a directory outside any repository, or none at all, is unknown")
  func outside() {
    for directory in ["/proc", "/no/such/directory"] {
      let state = DirtyCommit(directory: directory)
      #expect(state.commit == "unknown" && state.dirty == "unknown")
    }
  }

  @Test("a fresh repository is followed from its first commit to its first change")
  func repository() throws {
    guard ChildOutput.read(DirtyCommit.git + ["--version"]) != nil else { return }
    var template = Array("/tmp/dirty-commit-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      Issue.record("mkdtemp: errno \(errno)")
      return
    }
    let directory = String(
      decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { _ = ChildOutput.read(["rm", "-rf", directory]) }
    func git(_ arguments: String...) {
      let identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
      #expect(ChildOutput.read(DirtyCommit.git + ["-C", directory] + identity + arguments) != nil)
    }
    git("init", "-q")
    #expect(DirtyCommit(directory: directory).commit == "unknown")
    git("commit", "-q", "--allow-empty", "-m", "first")
    let clean = DirtyCommit(directory: directory)
    #expect(clean.commit.utf8.count >= 12 && clean.dirty == "no")
    _ = ChildOutput.read(["touch", directory + "/new"])
    let changed = DirtyCommit(directory: directory)
    #expect(changed.commit == clean.commit && changed.dirty == "yes")
  }
}

@Suite("Child output")
struct ChildOutputTests {
  @Test("the output of a command that succeeds, however long")
  func succeeds() {
    #expect(ChildOutput.read(["echo", "a b"]) == "a b\n")
    #expect(ChildOutput.read(["true"]) == "")
    #expect(ChildOutput.read(["head", "-c", "300000", "/dev/zero"])?.utf8.count == 300_000)
    #expect(ChildOutput.read(["cat"]) == "", "the command found something to read")
  }

  @Test("nothing of a command that fails, dies or is not there")
  func fails() {
    #expect(ChildOutput.read(["false"]) == nil)
    #expect(ChildOutput.read(["sh", "-c", "echo x; exit 3"]) == nil)
    #expect(ChildOutput.read(["sh", "-c", "kill -9 $$"]) == nil)
    #expect(ChildOutput.read(["/no/such/command"]) == nil)
  }

  @Test("no descriptor is left behind")
  func descriptors() {
    func openCount() -> Int { SystemFiles.live.names("/proc/self/fd").count }
    let before = openCount()
    for _ in 0..<50 { _ = ChildOutput.read(["/no/such/command"]) }
    for _ in 0..<10 { _ = ChildOutput.read(["true"]) }
    // Other tests open files meanwhile; sixty leaks would show above them.
    #expect(openCount() < before + 20)
  }
}
