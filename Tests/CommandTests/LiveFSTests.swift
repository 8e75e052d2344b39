import Foundation
import Testing

/// Whether filesystems can be made here; otherwise the reason is in the tests' names.
private let canMount =
  geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0
  && ["xfs", "btrfs", "ext4"].allSatisfy { access("/usr/sbin/mkfs.\($0)", X_OK) == 0 }

/// What live-fs could change on a machine, without what tests beside this one mount.
private struct MountsSeen: Equatable, CustomStringConvertible {
  let lines: [String]

  /// Mounts and loop devices of `folder`, or of everything that is no test's.
  init(within folder: String? = nil) {
    func concerns(_ text: String) -> Bool {
      if let folder { return text.contains(folder) }
      return !text.contains("daxmark-") && !text.contains(".daxmark") && !text.contains("loop")
    }
    let mounts = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
    var found = mounts.split(separator: "\n").map(String.init).filter(concerns)
    let blocks = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? []
    for name in blocks.sorted() where name.hasPrefix("loop") {
      let path = "/sys/block/\(name)/loop/backing_file"
      guard let file = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
      if folder != nil, concerns(file) { found.append("\(name) \(file)") }
    }
    lines = found
  }

  var description: String { lines.joined(separator: "\n") }
}

@Suite("live-fs", .serialized)
struct LiveFSTests {
  /// The part of the folder's path that the kernel shows too.
  private func place(_ scratch: Scratch) -> String {
    URL(filePath: scratch.root).lastPathComponent + "/fs"
  }

  private func run(_ verb: String, in scratch: Scratch, _ more: [String] = []) throws -> Finished {
    try Daxmark.run(["live-fs", verb, "--folder", scratch.path("fs")] + more, in: scratch.path(""))
  }

  @Test(
    "up makes three filesystems, again is the same, down leaves the machine as it was",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func upAndDown() throws {
    let scratch = try Scratch()
    let before = MountsSeen()
    let made = try run("up", in: scratch)
    #expect(made.code == 0, "\(made.errors)")
    #expect(made.outputLines.count == 3)
    #expect(try run("up", in: scratch).output == made.output)
    for path in made.outputLines {
      FileManager.default.createFile(atPath: path + "/x", contents: Data("hello".utf8))
    }
    let status = try run("status", in: scratch)
    #expect(status.outputLines.count == 3 && !status.output.contains("down"))
    #expect(MountsSeen(within: place(scratch)).lines.count == 6)

    // Somebody at work in one of them keeps that one, and only that one.
    let held = try #require(FileHandle(forReadingAtPath: made.outputLines[0] + "/x"))
    let refused = try run("down", in: scratch)
    #expect(refused.code == 1 && refused.sentence.contains("is in use"))
    #expect(MountsSeen(within: place(scratch)).lines.count == 2)
    try held.close()

    #expect(try run("down", in: scratch).code == 0)
    #expect(MountsSeen(within: place(scratch)).lines.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("fs")))
    #expect(MountsSeen() == before)
    #expect(try run("down", in: scratch).code == 0)
  }

  @Test(
    "killed at ten random points, down cleans up and nothing else has changed",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func killed() throws {
    let scratch = try Scratch()
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(seed)
    let before = MountsSeen()
    let clock = ContinuousClock()
    let whole = try clock.measure { _ = try run("up", in: scratch) }
    #expect(try run("down", in: scratch).code == 0)
    let microseconds = Int(whole / .microseconds(1))
    var partial = 0
    for point in 0..<10 {
      // A point in each tenth, so that early and late steps are both met.
      let delay = microseconds * point / 10 + Int(random.next() % UInt64(microseconds / 10 + 1))
      let command = try Daxmark(
        ["live-fs", "up", "--folder", scratch.path("fs")], in: scratch.path(""))
      usleep(UInt32(delay))
      kill(command.processID, point % 3 == 2 ? SIGINT : SIGKILL)
      _ = command.wait()
      if FileManager.default.fileExists(atPath: scratch.path("fs")) { partial += 1 }
      let down = try run("down", in: scratch)
      #expect(down.code == 0, "seed \(seed), point \(point): \(down.errors)")
      #expect(MountsSeen(within: place(scratch)).lines.isEmpty, "seed \(seed), \(point)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("fs")), "seed \(seed), \(point)")
    }
    #expect(partial >= 3, "kills at seed \(seed) met nothing half made")
    #expect(MountsSeen() == before)
  }

  @Test(
    "what others put in its place is left alone",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func strangers() throws {
    let scratch = try Scratch()
    let files = FileManager.default
    try files.createDirectory(atPath: scratch.path("fs"), withIntermediateDirectories: false)
    files.createFile(atPath: scratch.path("fs/xfs.img"), contents: Data("mine".utf8))
    let refused = try run("up", in: scratch, ["--filesystem", "xfs"])
    #expect(refused.code == 1 && refused.sentence.contains("left alone"))
    #expect(try run("down", in: scratch).code == 0)
    #expect(try String(contentsOfFile: scratch.path("fs/xfs.img"), encoding: .utf8) == "mine")

    // A state file that names an image which is another file by now.
    try "daxmark live-fs 1\nimage\nimage 1 2\n".write(
      toFile: scratch.path("fs/xfs.state"), atomically: false, encoding: .utf8)
    #expect(try run("down", in: scratch).sentence.contains("it is kept"))
    #expect(try String(contentsOfFile: scratch.path("fs/xfs.img"), encoding: .utf8) == "mine")
    try "other words\n".write(
      toFile: scratch.path("fs/xfs.state"), atomically: false, encoding: .utf8)
    #expect(try run("down", in: scratch).sentence.contains("nothing is touched"))
  }

  @Test(
    "what cannot be is one sentence",
    arguments: [
      (["up", "--size", "2Q"], 64, "'2Q' is no size"),
      (["up", "--filesystem", "zfs"], 64, "'zfs' is none of"),
      (["up", "--size", "1M"], 1, geteuid() == 0 ? "at least 320 MiB" : "need root"),
      (["up", "--folder", "/nowhere/x"], 1, geteuid() == 0 ? "mkdir" : "need root"),
    ])
  func sentences(arguments: [String], code: Int, words: String) throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      atPath: scratch.path(".build"), withIntermediateDirectories: false)
    let refused = try Daxmark.run(["live-fs"] + arguments, in: scratch.path(""))
    #expect(Int(refused.code) == code && refused.sentence.contains(words), "\(refused.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path(".build")).isEmpty)
  }

  private struct SplitMix {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
  }
}
