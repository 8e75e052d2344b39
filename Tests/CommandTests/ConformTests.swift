import Foundation
import Testing

/// What conform says of filesystems in no state to be compared.
@Suite("conform", .serialized)
struct ConformTests {
  @Test(
    "a full filesystem, and a read-only one, are one sentence that says what to do",
    .enabled(
      if: geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0
        && access("/usr/sbin/mkfs.xfs", X_OK) == 0, "needs root, loop devices and mkfs.xfs"))
  func unusable() throws {
    let scratch = try Scratch()
    let folder = ["--folder", scratch.path("fs")]
    defer { _ = try? Daxmark.run(["live-fs", "down"] + folder) }
    let made = try Daxmark.run(["live-fs", "up", "--filesystem", "xfs"] + folder)
    let target = try #require(made.outputLines.first, "\(made.errors)")
    let out = scratch.path("failure.trace")
    func conform(_ more: [String]) throws -> Finished {
      try Daxmark.run(["conform", "--target", target, "--out", out] + more)
    }
    // Room for small files, and not for those of 2 MiB that every fourth seed has.
    fill(target, leaving: 1 << 20)
    let full = try conform(["--seed", "3", "--steps", "250"])
    #expect(full.code == 1 && isOneSentence(full.errors), "\(full.errors)")
    #expect(full.errors.contains("is full") && full.errors.contains("make room"))
    #expect(!FileManager.default.fileExists(atPath: out), "a trace of nothing")
    try #require(try remount(target, "ro") == 0)
    let locked = try conform([])
    #expect(locked.code == 1 && isOneSentence(locked.errors), "\(locked.errors)")
    #expect(locked.errors.contains("is read-only"))
    try #require(try remount(target, "rw") == 0)
  }

  private func fill(_ target: String, leaving byteCount: Int) {
    let room = open(target + "/room", O_RDWR | O_CREAT, 0o600)
    let filler = open(target + "/filler", O_RDWR | O_CREAT, 0o600)
    posix_fallocate(room, 0, byteCount)
    var (end, step) = (off_t(0), off_t(64 << 20))
    while step >= 4096 {
      if posix_fallocate(filler, end, step) == 0 { end += step } else { step /= 2 }
    }
    close(filler)
    close(room)
    unlink(target + "/room")
  }

  private func remount(_ target: String, _ how: String) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["mount", "-o", "remount,\(how)", target]
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
