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
      _ = FileManager.default.createFile(atPath: path + "/x", contents: Data("hello".utf8))
    }
    let status = try run("status", in: scratch)
    #expect(status.outputLines.count == 3 && !status.output.contains("down"))
    #expect(MountsSeen(within: place(scratch)).lines.count == 6)

    // A state that cannot be read does not hide a mount.
    let (state, aside) = (scratch.path("fs/xfs.state"), scratch.path("aside"))
    try #require(rename(state, aside) == 0 && mkdir(state, 0o700) == 0)
    let unread = try run("status", in: scratch, ["--filesystem", "xfs"])
    #expect(unread.output.hasPrefix("xfs  mounted, by the mount table; cannot read "))
    #expect(unread.code == 0 && unread.outputLines.count == 1)
    try #require(rmdir(state) == 0 && rename(aside, state) == 0)

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

  /// Things of somebody else that lie close by: an image of the same name on a loop device, a
  /// mount, files beside the folder.
  private static let neighbours = """
    mkdir "$0/other" "$0/mounted" && mount -t tmpfs neighbour "$0/mounted" &&
    echo mine > "$0/mounted/xfs.state" && echo mine > "$0/fs.img" &&
    truncate -s 16M "$0/other/xfs.img" && losetup --find --show "$0/other/xfs.img"
    """

  @Test(
    "killed at ten random points, down cleans up and nothing else on the machine has changed",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func killed() throws {
    let scratch = try Scratch()
    let told = try Scratch()
    defer { withExtendedLifetime(told) {} }
    let errors = told.path("errors")
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(seed)
    let root = scratch.root
    let namespace = try #require(MountNamespace(Self.neighbours, folder: root))
    let device = try #require(namespace.told.first)
    defer { detach(device) }
    func start(_ verb: String) throws -> Process {
      try namespace.start(
        [Daxmark.path, "live-fs", verb, "--folder", scratch.path("fs")], output: errors)
    }
    func finish(_ verb: String) throws -> Int32 {
      let process = try start(verb)
      process.waitUntilExit()
      return process.terminationStatus
    }
    let before = MachineState(namespace, below: root)
    #expect(before.loops[device]?.contains("other/xfs.img") == true)
    #expect(before.mounts.contains { $0.contains("mounted") } && before.files.count >= 4)
    var code: Int32 = -1
    let whole = try ContinuousClock().measure { code = try finish("up") }
    #expect(code == 0)
    #expect(MachineState(namespace, below: root).mounts.count == before.mounts.count + 3)
    #expect(try finish("down") == 0)
    #expect(MachineState(namespace, below: root).changes(since: before, below: root) == [])
    let microseconds = Int(whole / .microseconds(1))
    var partial = 0
    for point in 0..<10 {
      // A point in each tenth, so that early and late steps are both met.
      let delay = microseconds * point / 10 + Int(random.next() % UInt64(microseconds / 10 + 1))
      let command = try start("up")
      usleep(UInt32(delay))
      kill(command.processIdentifier, point % 3 == 2 ? SIGINT : SIGKILL)
      command.waitUntilExit()
      if FileManager.default.fileExists(atPath: scratch.path("fs")) { partial += 1 }
      #expect(try finish("down") == 0, "seed \(seed), point \(point): \(told.text("errors"))")
      let changes = MachineState(namespace, below: root).changes(since: before, below: root)
      #expect(changes == [], "seed \(seed), point \(point)")
    }
    #expect(partial >= 3, "kills at seed \(seed) met nothing half made")
  }

  @Test(
    "Ctrl-C in the last step of up exits 130, with nothing up that is not named",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"),
    arguments: [["--filesystem", "xfs"], ["--filesystem", "ext4,xfs", "--new"]])
  func interruptedLast(options: [String]) throws {
    // On a busy machine the signal comes when all is done: then it says nothing, and is sent again.
    for _ in 0..<10 {
      let scratch = try Scratch()
      let up = try Daxmark(
        ["live-fs", "up", "--folder", scratch.path("fs")] + options, in: scratch.path(""))
      // Written down before the mount, which is the last step.
      var isLast = false
      for _ in 0..<600_000 where !isLast {
        isLast = scratch.text("fs/xfs.state").contains("\nmount\n")
        usleep(50)
      }
      kill(up.processID, SIGINT)
      let finished = up.wait()
      #expect(isLast)
      if finished.code != 0 {
        #expect(finished.code == 130, "\(finished.errors)")
        #expect(isOneSentence(finished.errors) && finished.errors.contains("Interrupted"))
      }
      let named = finished.output.contains("xfs")
      let seen = MountsSeen(within: place(scratch)).lines
      #expect(named != seen.isEmpty, "\(finished.output): \(seen)")
      #expect(try run("down", in: scratch).code == 0)
      #expect(MountsSeen(within: place(scratch)).lines.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: scratch.path("fs")))
      if finished.code == 130 { return }
    }
    Issue.record("ten signals in the last step did not end it")
  }

  @Test(
    "asked to stop twice, up takes away what it has begun, and down all that it should",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"),
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func interruptedTwice(number: Int32) throws {
    let scratch = try Scratch()
    /// Starts a verb and signals it twice as soon as it got somewhere.
    func stop(_ verb: String, when isThere: () -> Bool) throws -> Finished {
      let command = try Daxmark(
        ["live-fs", verb, "--folder", scratch.path("fs")], in: scratch.path(""))
      var isLate = true
      for _ in 0..<600_000 where isLate {
        isLate = !isThere()
        usleep(50)
      }
      #expect(!isLate)
      for _ in 0..<2 {
        kill(command.processID, number)
        // Two at once would be one.
        usleep(2000)
      }
      return command.wait()
    }
    // In the first mkfs.
    let up = try stop("up") { scratch.text("fs/xfs.state").contains("\nimage\nimage ") }
    #expect(up.code == 130 && up.sentence.contains("is gone again"), "\(up.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("fs")))
    #expect(try run("down", in: scratch).code == 0)

    #expect(try run("up", in: scratch).code == 0)
    let down = try stop("down") {
      !FileManager.default.fileExists(atPath: scratch.path("fs/xfs.state"))
    }
    #expect(down.code == 0, "\(down.errors)")
    #expect(MountsSeen(within: place(scratch)).lines.isEmpty)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("fs")))
    #expect(try run("down", in: scratch).code == 0)
  }

  @Test(
    "each thing that live-fs could leave or take is seen as a change",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func changesAreSeen() throws {
    let scratch = try Scratch()
    let root = scratch.root
    let namespace = try #require(MountNamespace(Self.neighbours, folder: root))
    let device = try #require(namespace.told.first)
    defer { detach(device) }
    let told = try Scratch()
    defer { withExtendedLifetime(told) {} }
    let output = told.path("output")
    let before = MachineState(namespace, below: root)
    for (script, words) in [
      ("umount \(root)/mounted", "lost mount"), ("mount -t tmpfs x \(root)/other", "new mount"),
      ("echo more >> \(root)/fs.img", "lost file"), ("mkdir \(root)/fs", "new file"),
      ("losetup --detach \(device)", "lost loop device"),
    ] {
      let process = try namespace.start(["sh", "-c", script], output: output)
      process.waitUntilExit()
      let changes = MachineState(namespace, below: root).changes(since: before, below: root)
      #expect(changes.contains { $0.hasPrefix(words) }, "\(script): \(changes)")
    }
  }

  private func detach(_ device: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["losetup", "--detach", device]
    process.standardError = FileHandle.nullDevice
    if (try? process.run()) != nil { process.waitUntilExit() }
  }

  @Test(
    "what others put in its place is left alone",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func strangers() throws {
    let scratch = try Scratch()
    let files = FileManager.default
    try files.createDirectory(atPath: scratch.path("fs"), withIntermediateDirectories: false)
    _ = files.createFile(atPath: scratch.path("fs/xfs.img"), contents: Data("mine".utf8))
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
    "a loop device of another container with the same path is never touched",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func otherContainer() throws {
    let scratch = try Scratch()
    let folder = scratch.path("fs")
    #expect(try run("up", in: scratch, ["--filesystem", "xfs"]).code == 0)
    // In a mount namespace of its own, whose file has the very path of ours.
    let script = """
      mount -t tmpfs none "$0" && truncate -s 16M "$0/xfs.img" &&
      losetup --find --show "$0/xfs.img"
      """
    let other = try #require(MountNamespace(script, folder: folder))
    let device = try #require(other.told.first)
    defer { detach(device) }
    let backing = "/sys/block/\(device.dropFirst(5))/loop/backing_file"
    func shown() -> String { (try? String(contentsOfFile: backing, encoding: .utf8)) ?? "none" }
    let before = shown()
    try #require(before == "\(realpath(folder))/xfs.img\n")
    defer { withExtendedLifetime(other) {} }

    let down = try run("down", in: scratch)
    #expect(down.code == 0, "\(down.errors)")
    // Its folder went, and its path with it; the device has its file still.
    #expect(shown().hasSuffix("/xfs.img\n"))
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test(
    "a folder that was there before stays, and a size that cannot be had is told",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func folderAndSize() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      atPath: scratch.path("fs"), withIntermediateDirectories: false)
    let only = ["--filesystem", "xfs"]
    let first = try run("up", in: scratch, only + ["--new", "--size", "400M"])
    #expect(first.output == "xfs\n")
    let mounted = MountsSeen(within: place(scratch))
    #expect(mounted.lines.count == 2)

    // Whoever comes later uses it, and is told that there is nothing to take down.
    let second = try run("up", in: scratch, only + ["--new"])
    #expect(second.code == 0 && second.output.isEmpty)
    #expect(try run("up", in: scratch, only + ["--size", "400M"]).code == 0)
    let other = try run("up", in: scratch, only + ["--size", "1G"])
    #expect(other.code == 1 && other.sentence.contains("400 MiB, not 1024"), "\(other.errors)")
    #expect(MountsSeen(within: place(scratch)) == mounted)

    #expect(try run("down", in: scratch).code == 0)
    #expect(MountsSeen(within: place(scratch)).lines.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("fs")).isEmpty)
    // Nor does a mere question, or what another put into a folder of ours, remove anything.
    #expect(try run("status", in: scratch).code == 0)
    #expect(FileManager.default.fileExists(atPath: scratch.path("fs")))
  }

  @Test(
    "an image is taken away whose disk has another number since the reboot",
    .enabled(if: canMount, "needs root, loop devices and mkfs.xfs, mkfs.btrfs, mkfs.ext4"))
  func otherDeviceNumber() throws {
    let scratch = try Scratch()
    #expect(try run("up", in: scratch, ["--filesystem", "xfs"]).code == 0)
    try #require(umount2(scratch.path("fs/xfs"), 0) == 0)
    // The loop device goes with the mount, but not at once.
    try #require(eventually { MountsSeen(within: place(scratch)).lines.isEmpty })
    let old = scratch.text("fs/xfs.state")
    let new = old.replacing(#/image \d+\s/#, with: "image 1 ")
    try #require(old != new)
    try new.write(toFile: scratch.path("fs/xfs.state"), atomically: false, encoding: .utf8)
    let down = try run("down", in: scratch)
    #expect(down.code == 0, "\(down.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("fs")))
  }

  @Test("the status of what cannot be read says so in one sentence, and nothing is called down")
  func unreadable() throws {
    let scratch = try Scratch()
    // Root reads every file, but no folder as one.
    try FileManager.default.createDirectory(
      atPath: scratch.path("fs/xfs.state"), withIntermediateDirectories: true)
    let status = try run("status", in: scratch, ["--filesystem", "xfs,ext4"])
    let lines = status.outputLines
    #expect(status.code == 0 && lines.count == 2 && lines.last == "ext4  down")
    #expect(lines.first?.hasPrefix("xfs  not mounted; cannot read ") == true, "\(lines)")
    #expect(lines.first?.hasSuffix(": Is a directory (read).") == true, "\(lines)")
  }

  private func realpath(_ path: String) -> String {
    // SAFETY: the string is lent for the call; what it returns is copied and freed.
    guard let found = unsafe Glibc.realpath(path, nil) else { return path }
    defer { unsafe free(found) }
    return unsafe String(cString: found)
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
