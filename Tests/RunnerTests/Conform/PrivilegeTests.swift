import Foundation
import LiveFS
import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

/// What an ordinary user may not do is said before a trace runs, and nothing else is.
@Suite("Privileges of traces", .serialized)
struct PrivilegeTests {
  /// The numbers of the scenarios that need something, by what they need.
  private func missing(_ target: ConformTarget) throws -> [String: String] {
    var found: [String: String] = [:]
    for name in ScenarioFiles.names {
      let trace = try ScenarioFiles.trace(name)
      found[ScenarioFiles.number(name)] = try target.missingPrivilege(for: trace)
    }
    return found
  }

  @Test("scenarios need what a user lacks, or a mount, and say what")
  func scenarios() throws {
    guard let mount = LoopMount(.xfs) else {
      print("No loop mount of xfs here (root and mkfs.xfs are needed): not tried.")
      return
    }
    let target = try ConformTarget(mount.path)
    #expect(try missing(target).isEmpty)
    var found: [String: String] = [:]
    try LiveExecutor.withoutCapabilities { () throws(LiveError) in
      found = (try? missing(target)) ?? [:]
    }
    #expect(Set(found.keys) == ["157", "158", "513", "673", "674", "675"])
    #expect(found["157"]?.contains("CAP_MKNOD") == true && found["157"]?.contains("EPERM") == true)
    #expect(found["673"]?.contains("CAP_FSETID") == true)
    #expect(found["675"]?.contains("CAP_SETFCAP") == true)
    // The capabilities are back.
    #expect(try missing(target).isEmpty)

    try #require(mount.remount("nodev"))
    found = try missing(target)
    #expect(Set(found.keys) == ["157", "158"] && found["158"]?.contains("EACCES") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: mount.path).isEmpty)
  }

  @Test("who is no administrator drops bits that others keep, in the kernel as in the model")
  func administrators() throws {
    guard let mount = LoopMount(.xfs) else { return }
    let executors: [any TraceExecutor] = [
      try ModelExecutor(.xfs, byteCount: 32 << 20), try LiveExecutor(mount.path),
    ]
    for executor in executors {
      let clone = TraceStep(.cloneWhole, ["a", "b"])
      let ids = TraceStep(.ids, ["b"])
      for step in [
        TraceStep(.open, ["a"]), TraceStep(.write, ["a"], [0, 4096, 1]), TraceStep(.open, ["b"]),
        TraceStep(.setIDs, ["b"]),
      ] { _ = executor.run(step) }
      let results = [0, 1, 0].map { rights in
        _ = executor.run(TraceStep(.administrator, [], [rights]))
        _ = executor.run(TraceStep(.setIDs, ["b"]))
        return [executor.run(clone).result, executor.run(ids).result]
      }
      #expect(
        results == [[.count(0), .count(0)], [.count(0), .count(2)], [.count(0), .count(0)]])
    }
  }
}
