internal import CHost
internal import Glibc
internal import HotCore
internal import LiveFS
public import Plan
public import Record

/// The directories in which the live engine works on files, at most one for each filesystem.
///
/// Workers learn of them by an environment variable, so that a worker of an older build, which
/// does not know of them, can still be asked for what it knows. Its name has no `DAXMARK_` before
/// it for the same reason: such names are refused when they are unknown.
public struct LiveTargets: Sendable {
  /// The variable: paths, separated by colons.
  public static let variable = "LIVEFS_TARGETS"

  /// Where `daxmark live-fs` mounts, below the current folder.
  static let mountsFolder = ".build/live-fs"

  private let targets: [(kind: MemoryKind, target: LiveTarget)]
  /// Whether somebody asked for these very directories.
  private let areChosen: Bool

  /// Tries directories that somebody chose.
  ///
  /// - Parameter directories: paths; each must be writable, and on another filesystem.
  /// - Throws: `RunError`, one sentence.
  public init(directories: [String]) throws(RunError) {
    var found: [(kind: MemoryKind, target: LiveTarget)] = []
    for directory in directories {
      let target: LiveTarget
      do throws(LiveError) {
        target = try LiveTarget(directory)
      } catch {
        throw RunError("Nothing can be measured in '\(directory)': \(error.description)")
      }
      guard !target.path.contains(":") else {
        throw RunError("The path of a target has no colon: '\(target.path)'.")
      }
      let kind = MemoryKind(filesystem: target.filesystem.type)
      if let other = found.first(where: { $0.kind == kind }) {
        throw RunError(
          "Both '\(other.target.path)' and '\(target.path)' are '\(kind.rawValue)', which is all "
            + "that tells their rows apart; measure them in two runs.")
      }
      found.append((kind, target))
    }
    self.init(found, areChosen: true)
  }

  /// What there is: the directories of the environment, else what is mounted by `daxmark live-fs`
  /// below the current folder, and the temporary directory where it can share blocks.
  ///
  /// - Returns: the targets, none where there is nothing.
  /// - Throws: `RunError` for directories of the environment alone.
  public static func discovered() throws(RunError) -> LiveTargets {
    let chosen = environmentDirectories()
    if !chosen.isEmpty { return try LiveTargets(directories: chosen) }
    var found: [(kind: MemoryKind, target: LiveTarget)] = []
    func add(_ target: LiveTarget) {
      let kind = MemoryKind(filesystem: target.filesystem.type)
      if target.path.contains(":") || found.contains(where: { $0.kind == kind }) { return }
      found.append((kind, target))
    }
    for filesystem in LiveFilesystem.allCases {
      let path = "\(mountsFolder)/\(filesystem.rawValue)"
      guard let target = try? LiveTarget(path), target.mount?.path == target.path else { continue }
      add(target)
    }
    let temporary = value(of: "TMPDIR") ?? "/tmp"
    // The two usual ones share nothing; they need not be tried.
    if let type = try? Filesystem.identify(temporary).type, type != "ext4", type != "tmpfs",
      let target = try? LiveTarget(temporary), target.has(.reflink)
    {
      add(target)
    }
    return LiveTargets(found, areChosen: false)
  }

  private init(_ targets: [(kind: MemoryKind, target: LiveTarget)], areChosen: Bool) {
    self.targets = targets
    self.areChosen = areChosen
  }

  /// Whether there is a directory for a cell on files.
  ///
  /// One that was found, and not asked for, is not given cells that it would only refuse.
  ///
  /// - Parameter cell: a cell on a filesystem.
  /// - Returns: whether a plan has it.
  public func serve(_ cell: Cell) -> Bool {
    guard let (_, target) = targets.first(where: { $0.kind == cell.parameters.memory }) else {
      return false
    }
    let shares = cell.operation != .fault || cell.parameters.access == .sharedCow
    return areChosen || !shares || target.has(.reflink)
  }

  /// Lets all workers that are started from here on know, and gives them the room that those have
  /// who were killed.
  public func handOver() {
    sweep()
    let text = targets.map(\.target.path).joined(separator: ":")
    // SAFETY: Swift lends the strings as C strings for the call; nobody else reads the environment
    // meanwhile: the coordinator has one thread.
    _ = unsafe setenv(Self.variable, text, 1)
  }

  /// Removes what workers left behind that had to be killed.
  public func sweep() {
    for (_, target) in targets { LiveFolder.sweep(target.path) }
  }

  /// What the machine's file says about them; a difference means nothing to a comparison, for no
  /// row of theirs is judged by a stored one.
  public var facts: [MachineFact] {
    let names = targets.map { "\($0.kind.rawValue)=\($0.target.path)" }.joined(separator: " ")
    return [MachineFact("live_targets", names.isEmpty ? "none" : names)]
      + targets.flatMap { kind, target in
        let prefix = "live_\(kind.rawValue)_"
        let missing = LiveTarget.Feature.allCases.filter { !target.has($0) }.map(\.rawValue)
        return [
          MachineFact(prefix + "type", target.filesystem.type),
          MachineFact(prefix + "block_bytes", String(target.filesystem.blockByteCount)),
          MachineFact(prefix + "direct_bytes", String(target.directAlignment)),
          MachineFact(prefix + "options", target.mount?.options ?? "unknown"),
          MachineFact(prefix + "device", target.mount?.source ?? "unknown"),
          MachineFact(prefix + "loop_file", target.loopFile ?? "none"),
          MachineFact(
            prefix + "dax", target.isDAX.map { $0 ? "1" : "0" } ?? "unknown"),
          MachineFact(
            prefix + "missing", missing.isEmpty ? "none" : missing.joined(separator: " ")),
        ]
      }
  }

  /// The directories of the environment.
  static func environmentDirectories() -> [String] {
    (value(of: variable) ?? "").split(separator: ":").map(String.init)
  }

  private static func value(of name: String) -> String? {
    // SAFETY: getenv returns nil or a C string, which is copied at once.
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
