import Foundation

/// A mount namespace of its own, in which nobody else mounts.
///
/// So what is mounted there can be compared as a whole. It goes with the value.
final class MountNamespace {
  private let holder = Process()
  private let input = Pipe()
  /// What the script printed before it was ready.
  let told: [String]

  /// Makes one in which a script has run, told a folder as `$0`; nil where that cannot be.
  ///
  /// Mounts of other tests are let go in it: they can be taken down where they are, and do not
  /// vanish in it when their folder does.
  init?(_ script: String = "true", folder: String) {
    let output = Pipe()
    holder.executableURL = URL(filePath: "/usr/bin/unshare")
    let letGo =
      "awk '$1 ~ /^.dev.loop/ || $2 ~ /.daxmark-/ {print $2}' /proc/mounts | xargs -r umount -l"
    holder.arguments = [
      "--mount", "--propagation", "private", "sh", "-c",
      "\(letGo); \(script) || exit 1; echo ready; exec cat", folder,
    ]
    (holder.standardInput, holder.standardOutput) = (input, output)
    guard (try? holder.run()) != nil else { return nil }
    var text = ""
    while !text.hasSuffix("ready\n") {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    told = text.split(separator: "\n").dropLast().map(String.init)
    guard text.hasSuffix("ready\n") else {
      try? input.fileHandleForWriting.close()
      holder.waitUntilExit()
      return nil
    }
  }

  deinit {
    try? input.fileHandleForWriting.close()
    holder.waitUntilExit()
  }

  /// Starts a program in it.
  func start(_ words: [String], output: String) throws -> Process {
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/nsenter")
    process.arguments = ["--mount=/proc/\(holder.processIdentifier)/ns/mnt", "--"] + words
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: output)
    try process.run()
    return process
  }

  /// The lines of its mountinfo, whole.
  var mounts: [String] {
    let path = "/proc/\(holder.processIdentifier)/mountinfo"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? "no mountinfo"
    return text.split(separator: "\n").map(String.init)
  }
}

/// What live-fs could change on a machine: mounts, loop devices, files, processes.
struct MachineState {
  /// All mounts of a namespace.
  let mounts: [String]
  /// Loop devices that are in use, with inode and path of their files, by name.
  let loops: [String: String]
  /// Everything below a folder, with inode, length and time of change.
  let files: [String]
  /// Processes whose command names the folder, but for those that were there before.
  let processes: Set<pid_t>

  /// Looks at the machine.
  init(_ namespace: MountNamespace, below folder: String) {
    mounts = namespace.mounts
    loops = Self.loopDevices()
    files = Self.entries(folder)
    processes = Set(
      ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [])
        .compactMap { pid_t($0) }
        .filter { Self.command(of: $0).contains(folder) && ProcessTable.isRunning($0) })
  }

  /// What differs from an earlier state, but for what others did: a loop device that is new and
  /// has no file of this folder, or that went when its file had gone.
  func changes(since before: MachineState, below folder: String) -> [String] {
    var found: [String] = []
    func compare(_ name: String, _ old: [String], _ new: [String]) {
      for line in new where !old.contains(line) { found.append("new \(name): \(line)") }
      for line in old where !new.contains(line) { found.append("lost \(name): \(line)") }
    }
    compare("mount", before.mounts, mounts)
    compare("file", before.files, files)
    for process in processes.subtracting(before.processes) { found.append("new \(process)") }
    let part = URL(filePath: folder).lastPathComponent
    for (name, text) in loops where before.loops[name] != text && text.contains(part) {
      found.append("new loop device: \(name) \(text)")
    }
    for (name, text) in before.loops where loops[name] != text {
      let file = text.split(separator: " ", maxSplits: 2).last.map(String.init) ?? ""
      // Whoever made it takes the file away next.
      let isGone =
        !text.contains(part)
        && eventually {
          !FileManager.default.fileExists(atPath: file) || Self.loopDevices()[name] == text
        }
      if !isGone { found.append("lost loop device: \(name) \(text)") }
    }
    return found
  }

  static func loopDevices() -> [String: String] {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "losetup", "--list", "--noheadings", "--raw", "--output", "NAME,BACK-INO,BACK-FILE",
    ]
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    process.standardOutput = output
    guard (try? process.run()) != nil else { return ["losetup": "is missing"] }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    var devices: [String: String] = [:]
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      if words.count == 2 { devices[words[0]] = words[1] }
    }
    return devices
  }

  private static func entries(_ folder: String) -> [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? ["unreadable"]
    return names.sorted().map { name in
      var status = stat()
      guard lstat("\(folder)/\(name)", &status) == 0 else { return "\(name) is gone" }
      let isFile = status.st_mode & S_IFMT == S_IFREG
      return "\(name) \(status.st_dev) \(status.st_ino) \(status.st_mode) \(status.st_nlink) "
        + (isFile ? "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)" : "")
    }
  }

  private static func command(of process: pid_t) -> String {
    let data = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
    return String(decoding: data, as: UTF8.self)
  }
}
