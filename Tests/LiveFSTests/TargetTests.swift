import CHost
import Foundation
import Testing

@testable import LiveFS

@Suite("Where the live engine measures")
struct TargetTests {
  @Test("a directory tells its filesystem, what works and why the rest does not; nothing stays")
  func describes() throws {
    let folder = try TemporaryFolder()
    let target = try LiveTarget(folder.path)
    #expect(target.path == realPath(folder.path))
    #expect(target.mount?.type == target.filesystem.type || target.filesystem.type.hasPrefix("0x"))
    #expect(target.directAlignment >= 1)
    #expect(target.filesystem.freeByteCount > 0)
    for feature in LiveTarget.Feature.allCases where !target.has(feature) {
      let reason = try #require(target.reason(without: feature))
      #expect(reason.hasPrefix(target.filesystem.type + " refuses "))
    }
    if ["ext4", "tmpfs"].contains(target.filesystem.type) {
      #expect(!target.has(.reflink) && !target.has(.dedupe) && !target.has(.unshare))
      #expect(target.has(.punch) && target.has(.fiemap) == (target.filesystem.type == "ext4"))
    }
    #expect(entries(folder.path).isEmpty)
  }

  @Test("a directory that is none, or takes no files, is one sentence")
  func refuses() throws {
    #expect(throws: LiveError(call: "realpath", errno: ENOENT, path: "/nowhere")) {
      _ = try LiveTarget("/nowhere")
    }
    #expect(throws: LiveError.self) { _ = try LiveTarget("/proc") }
    #expect(throws: LiveError.self) { _ = try LiveTarget("/etc/hostname") }
  }

  @Test("a full filesystem is one sentence, and nothing stays on it")
  func full() throws {
    guard geteuid() == 0 else { return }
    let folder = try TemporaryFolder()
    let path = folder.path + "/full"
    try #require(mkdir(path, 0o700) == 0)
    defer { rmdir(path) }
    try #require(mount("tmpfs", path, "tmpfs", 0, "size=64k") == 0)
    // A child that another test has just forked may still hold what was open there.
    defer { #expect(umount2(path, CInt(MNT_DETACH)) == 0) }
    #expect(throws: LiveError.self) { _ = try LiveTarget(path) }
    #expect(entries(path).isEmpty)
  }

  @Test("the folder of one's own goes with its owner, and takes what a killed process left")
  func folders() throws {
    let parent = try TemporaryFolder()
    func folder(_ name: String, _ mode: mode_t, files: [String]) throws {
      try #require(mkdir("\(parent.path)/\(name)", mode) == 0)
      for file in files {
        try LiveFile("\(parent.path)/\(name)/\(file)", [.write, .create]).put([1])
      }
    }
    // Killed at work, before the mark, after it, and while the folder was removed.
    for (number, files) in [["x", LiveFolder.mark], [], [LiveFolder.mark]].enumerated() {
      try folder(".daxmark-123456\(number)", 0o1700, files: files)
    }
    // A user's own, by a date, by a mode that is none of ours, and by other names.
    let own =
      [
        (".daxmark-", 0o1700), (".daxmark-20260101", 0o700), (".daxmark-20260102", 0o1700),
        (".daxmark-mine", 0o700),
      ] as [(String, mode_t)]
    for (name, mode) in own { try folder(name, mode, files: ["kept"]) }
    let marked = ".daxmark-20260103"
    try folder(marked, 0o700, files: ["kept", LiveFolder.mark])
    do {
      let first = try LiveFolder(in: parent.path, sweeps: false)
      #expect(entries(parent.path).count == 9)
      let second = try LiveFolder(in: parent.path)
      #expect(first.path != second.path)
      do { try LiveFile(first.path + "/x", [.write, .create]).put([1]) }
      #expect(entries(parent.path).count == 7)
      // Those at work are known by their lock.
      LiveFolder.sweep(parent.path)
      #expect(entries(parent.path).count == 7 && entries(first.path).count == 2)
    }
    #expect(entries(parent.path) == (own.map(\.0) + [marked]).sorted())
    for name in entries(parent.path) {
      #expect(entries("\(parent.path)/\(name)").contains("kept"))
      for file in entries("\(parent.path)/\(name)") { unlink("\(parent.path)/\(name)/\(file)") }
      rmdir("\(parent.path)/\(name)")
    }
  }

  @Test("what a process that was really killed leaves is known, and goes")
  func killed() async throws {
    let parent = "/tmp/daxmark-killed-\(getpid())"
    try #require(mkdir(parent, 0o700) == 0)
    defer { rmdir(parent) }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let folder = try LiveFolder(in: "/tmp/daxmark-killed-\(getppid())")
      try LiveFile(folder.path + "/x", [.write, .create]).put([1])
      kill(getpid(), SIGKILL)
    }
    let left = try #require(entries(parent).first)
    #expect(entries("\(parent)/\(left)").count == 2)
    LiveFolder.sweep(parent)
    #expect(entries(parent).isEmpty)
  }

  @Test("mountinfo lines parse, escapes too, and what is none does not")
  func mountinfo() throws {
    let line = #"36 35 98:0 /a /mnt\0402 rw,noatime shared:1 master:2 - xfs /dev/x\134y rw,quota"#
    let entry = try #require(MountEntry(line))
    #expect(entry.identifier == 36 && entry.path == "/mnt 2" && entry.type == "xfs")
    #expect(entry.source == #"/dev/x\y"# && entry.options == "rw,noatime,rw,quota")
    for bad in ["", "36 35 98:0 /a /mnt rw - xfs", "x 35 98:0 /a /mnt rw - xfs /dev/x rw", "a b"] {
      #expect(MountEntry(bad) == nil)
    }
    #expect(MountEntry.unescaped(#"a\04"#) == #"a\04"# && MountEntry.unescaped(#"\0119"#) == "\t9")
    #expect(MountTable.entries().contains { $0.path == "/" })
    #expect(MountTable.backingFile(of: "/dev/null") == nil)
    #expect(MountTable.backingFile(of: "/dev/loop/../x") == nil)
  }

  @Test("DAX is what a file made there says, and a directory's word is not taken")
  func dax() throws {
    var status = chost_live_status()
    for (told, isDAX) in [(Int32(-1), nil), (0, false), (1, true)] as [(Int32, Bool?)] {
      status.is_dax = told
      #expect(LiveTarget.isDAX(status) == isDAX)
    }
    let parent = NSTemporaryDirectory()
    let file = try LiveFile(parent, [.read, .write, .unnamed])
    #expect(try LiveTarget(parent).isDAX == LiveTarget.isDAX(file.status()))
  }

  @Test(
    "a folder is removed by those alone who made it, also where folders take their parent's group",
    arguments: [0o755, 0o2755] as [mode_t])
  func root(parentMode: mode_t) throws {
    let files = FileManager.default
    let parent = NSTemporaryDirectory() + "daxmark-root-\(UUID().uuidString)"
    try files.createDirectory(atPath: parent, withIntermediateDirectories: false)
    defer { try? files.removeItem(atPath: parent) }
    try #require(chmod(parent, parentMode) == 0)
    let folder = parent + "/fs"
    func isThere() -> Bool { files.fileExists(atPath: folder) }
    /// Opens it, puts a file in, and removes what may be removed.
    func turn(makesRoot: Bool, _ name: String? = nil, _ text: String = "") throws {
      guard let mounts = try LiveMounts.open(folder, makesRoot: makesRoot) else {
        Issue.record("there is no folder")
        return
      }
      if let name {
        try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
      }
      mounts.removeRoot()
    }

    try files.createDirectory(atPath: folder, withIntermediateDirectories: false)
    try turn(makesRoot: true)
    #expect(isThere())
    try files.removeItem(atPath: folder)
    try turn(makesRoot: true)
    #expect(!isThere())

    // Killed right after it was made, or while it was removed: no mark.
    try RootFolder.make(folder)
    try turn(makesRoot: false)
    #expect(!isThere())
    try RootFolder.make(folder)
    RootFolder.remove(folder)
    #expect(!isThere())

    // Somebody put something in, or wrote the mark anew.
    try turn(makesRoot: true, "mine")
    #expect(try files.contentsOfDirectory(atPath: folder).sorted() == [RootFolder.mark, "mine"])
    try files.removeItem(atPath: folder + "/mine")
    try turn(makesRoot: true, RootFolder.mark, "other")
    #expect(isThere())
  }

  @Test(
    "a state file tells what was begun at every byte it could be torn at",
    arguments: [0, 5, 17, 18, 20, 24, 30, 34, 35, 45, 46, 52, 58])
  func states(length: Int) throws {
    let text = "daxmark live-fs 1\nimage\nimage 7 9\nmountpoint\nmount\nready\n"
    let state = try #require(MountState(String(text.prefix(length))))
    #expect(state.hasMountpoint == (length >= 45))
    #expect(state.hasMount == (length >= 51))
    #expect(state.isReady == (length >= 57))
    let image: MountState.Image =
      length >= 34
      ? .made(FileIdentity(device: 7, inode: 9)) : length >= 24 ? .pending : .none
    #expect(state.image == image)
  }

  @Test("an image is known by inode and birth time, and by its device number where none is told")
  func imageIdentity() throws {
    let state = try #require(MountState("daxmark live-fs 1\nimage\nimage 7 9 12\n"))
    let image = FileIdentity(device: 7, inode: 9, birth: 12)
    #expect(state.image == .made(image))
    #expect(image.isSame(as: FileIdentity(device: 8, inode: 9, birth: 12)))
    // The number of a file that went is given to another.
    #expect(!image.isSame(as: FileIdentity(device: 7, inode: 9, birth: 13)))
    #expect(!image.isSame(as: FileIdentity(device: 7, inode: 8, birth: 12)))
    let untold = FileIdentity(device: 7, inode: 9)
    for (one, other) in [(image, untold), (untold, image), (untold, untold)] {
      #expect(one.isSame(as: other))
    }
    #expect(!untold.isSame(as: FileIdentity(device: 8, inode: 9, birth: 12)))
  }

  @Test(
    "other people's files are no state",
    arguments: [
      "x", "x\n", "daxmark live-fs 2\n", "daxmark live-fs 1\nformat /\n", "\n",
      "daxmark live-fs 1 \n",
    ])
  func noState(text: String) { #expect(MountState(text) == nil) }
}
