import Foundation
import Testing

/// Whether a filesystem can be made here; otherwise the reason is in the test's name.
private let canMount =
  geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0
  && access("/usr/sbin/mkfs.xfs", X_OK) == 0

/// `daxmark conform` with a folder of traces, of which not all can be run.
@Suite("conform", .serialized)
struct ConformCommandTests {
  private static func trace(_ personality: String, _ steps: String) -> Data {
    Data("daxmark-trace 1\nseed 0\npersonality \(personality)\nblock 4096\n\(steps)\n".utf8)
  }

  @Test(
    "a folder without a trace to run is one sentence; what needs privileges is skipped and told",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs"))
  func skipping() throws {
    let scratch = try Scratch()
    func liveFS(_ verb: String, _ more: [String] = []) throws -> Finished {
      try Daxmark.run(["live-fs", verb, "--folder", scratch.path("fs")] + more)
    }
    let path = try #require(
      try liveFS("up", ["--filesystem", "xfs"]).outputLines.first, "no mount")
    defer { _ = try? liveFS("down") }
    let folder = scratch.path("traces")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    func add(_ name: String, _ data: Data) {
      _ = FileManager.default.createFile(atPath: "\(folder)/\(name).trace", contents: data)
    }
    func conform() throws -> Finished {
      try Daxmark.run(["conform", "--target", path, "--scenarios", folder])
    }
    add("other", Self.trace("btrfs", "open a"))
    let none = try conform()
    #expect(none.code == 1 && none.output.isEmpty && isOneSentence(none.errors))
    #expect(none.errors.contains("has no trace for xfs."))

    // Devices may be made by root, and not opened.
    let remount = try Process.run(
      URL(filePath: "/usr/bin/env"), arguments: ["mount", "-o", "remount,nodev", path])
    remount.waitUntilExit()
    try #require(remount.terminationStatus == 0)
    add("device", Self.trace("any", "device a"))
    let forbidden = try conform()
    #expect(forbidden.code == 1 && isOneSentence(forbidden.errors))
    #expect(forbidden.errors.contains("that this process may run"))
    #expect(forbidden.outputLines.count == 1 && forbidden.output.contains("CAP_MKNOD"))

    add("plain", Self.trace("any", "open a\nwrite a 0 100 1"))
    let some = try conform()
    #expect(some.code == 0 && some.errors.isEmpty, "\(some.errors)")
    #expect(some.outputLines.first?.contains("device.trace: skipped; it needs") == true)
    #expect(
      some.outputLines.last
        == "1 traces, 0 with a difference; 1 are not for xfs; 1 need privileges")
    let replay = try Daxmark.run(
      ["conform", "--target", path, "--replay", "\(folder)/device.trace"])
    #expect(replay.code == 1 && isOneSentence(replay.errors) && replay.errors.contains("CAP_MKNOD"))
  }
}
