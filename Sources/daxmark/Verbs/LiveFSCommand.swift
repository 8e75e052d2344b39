internal import ArgumentParser
internal import LiveFS

/// `daxmark live-fs`: real filesystems in image files, to measure on and to hold the model against.
struct LiveFSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "live-fs",
    abstract: "Make loop-mounted filesystems to measure on, and take them away again.",
    discussion: """
      Needs root. 'down' removes exactly what 'up' made, also after it was killed, and touches \
      nothing else.
      """,
    subcommands: [Up.self, Down.self, Show.self])

  struct Place: ParsableArguments {
    @Option(
      help: "Filesystems, separated by commas: xfs, btrfs, ext4; by default all three.",
      transform: parse)
    var filesystem: [LiveFilesystem] = LiveFilesystem.allCases

    @Option(help: "The folder of images and mounts; its parent must exist.")
    var folder = ".build/live-fs"

    private static func parse(_ text: String) throws -> [LiveFilesystem] {
      var found: [LiveFilesystem] = []
      for name in text.split(separator: ",", omittingEmptySubsequences: false) {
        guard let filesystem = LiveFilesystem(rawValue: String(name)) else {
          throw ValidationError("'\(name)' is none of xfs, btrfs, ext4.")
        }
        if !found.contains(filesystem) { found.append(filesystem) }
      }
      return found
    }

    /// Opens the folder.
    func open(makesRoot: Bool) throws(Failure) -> LiveMounts? {
      do throws(LiveMountError) {
        return try LiveMounts.open(
          folder, makesRoot: makesRoot, isInterrupted: { Interrupt.isRequested })
      } catch {
        throw Failure(.tool, error.description)
      }
    }
  }

  /// `live-fs up`.
  struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make and mount filesystems; prints their folders.")

    @OptionGroup var place: Place

    @Option(
      help: "Bytes of each image, with K, M or G; 2G by default. It takes space only as it fills.")
    var size: String?

    @Flag(
      help: "Print the names of those that were not up before, with commas, for a later 'down'.")
    var new = false

    func run() throws {
      let byteCount: Int? = if let size { try ByteSize.parse(size) } else { nil }
      if let obstacle = LiveMounts.obstacle { throw Failure(.tool, obstacle) }
      Interrupt.install()
      // Whoever asks to stop again must not leave mounts behind.
      try Interrupt.answeredOnce { () throws(Failure) in try make(byteCount: byteCount) }
    }

    private func make(byteCount: Int?) throws(Failure) {
      guard let mounts = try place.open(makesRoot: true) else { return }
      var paths: [String] = []
      var made: [LiveFilesystem] = []
      var refused: LiveMountError?
      func refuse(_ error: LiveMountError) {
        if let earlier = refused { Terminal.note("daxmark: \(earlier)") }
        refused = error
      }
      for filesystem in place.filesystem {
        let wasUp = mounts.status(filesystem).isUp
        do throws(LiveMountError) {
          paths.append(try mounts.up(filesystem, byteCount: byteCount))
          if !wasUp { made.append(filesystem) }
        } catch {
          // One that cannot be had does not keep the others from being made.
          refuse(error)
          if error == .interrupted { break }
        }
      }
      // Nothing looks behind the last step.
      if Interrupt.isRequested, refused != .interrupted { refuse(.interrupted) }
      if refused == .interrupted {
        made = made.filter { !isGone($0, mounts) }
        paths = made.map { mounts.status($0).path }
      }
      mounts.removeRoot()
      if new {
        if !made.isEmpty { try Terminal.print(made.map(\.rawValue).joined(separator: ",")) }
      } else {
        for path in paths { try Terminal.print(path) }
      }
      if refused == .interrupted || Interrupt.isRequested {
        throw Failure(
          .interrupted,
          made.isEmpty
            ? LiveMountError.interrupted.description
            : "Interrupted; what is printed is up, for 'daxmark live-fs down'.")
      }
      if let refused { throw Failure(.tool, refused.description) }
    }

    /// Takes a filesystem away; says why where that cannot be.
    private func isGone(_ filesystem: LiveFilesystem, _ mounts: borrowing LiveMounts) -> Bool {
      do throws(LiveMountError) {
        return try mounts.down(filesystem)
      } catch {
        Terminal.note("daxmark: \(error)")
        return false
      }
    }
  }

  /// `live-fs down`.
  struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take away what 'up' made, whole or in part.")

    @OptionGroup var place: Place

    func run() throws {
      // Asked to stop, it goes on to its end, which takes seconds: mounts would stay otherwise.
      Interrupt.install()
      try Interrupt.answeredOnce { () throws(Failure) in try takeAway() }
    }

    private func takeAway() throws(Failure) {
      guard let mounts = try place.open(makesRoot: false) else { return }
      var refused: LiveMountError?
      for filesystem in place.filesystem {
        do throws(LiveMountError) {
          _ = try mounts.down(filesystem)
        } catch {
          if let earlier = refused { Terminal.note("daxmark: \(earlier)") }
          refused = error
        }
      }
      mounts.removeRoot()
      if let refused { throw Failure(.tool, refused.description) }
    }
  }

  /// `live-fs status`.
  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "status", abstract: "Show which filesystems are up.")

    @OptionGroup var place: Place

    func run() throws {
      guard let mounts = try place.open(makesRoot: false) else {
        return try Terminal.print("Nothing is up.")
      }
      for filesystem in place.filesystem {
        let status = mounts.status(filesystem)
        let known = status.isUp ? status.path : status.isPartial ? "left in part; run down" : "down"
        let words = status.doubt ?? known
        try Terminal.print("\(filesystem.rawValue)  \(words)")
      }
    }
  }
}

/// A number of bytes as people write it.
enum ByteSize {
  /// Parses `512M`, `2G`, `1048576`.
  static func parse(_ text: String) throws(Failure) -> Int {
    let units: [Character: Int] = ["K": 10, "M": 20, "G": 30, "T": 40]
    var digits = text[...]
    var shift = 0
    if let unit = text.last.flatMap({ units[Character($0.uppercased())] }) {
      shift = unit
      digits = digits.dropLast()
    }
    guard let number = Int(digits), number > 0, number <= Int.max >> shift else {
      throw Failure(.usage, "'\(text)' is no size; write 512M or 2G.")
    }
    return number << shift
  }
}
