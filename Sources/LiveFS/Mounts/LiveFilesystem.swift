internal import CHost
internal import Glibc

/// A filesystem that `daxmark live-fs` makes; the raw value names it everywhere.
public enum LiveFilesystem: String, CaseIterable, Sendable {
  /// XFS with reflink and the reverse map.
  case xfs
  /// btrfs as its tool makes it.
  case btrfs
  /// ext4, which shares no blocks, for faults.
  case ext4

  /// The tool that makes it.
  var maker: String { "mkfs.\(rawValue)" }

  /// The Debian package with the tool.
  var package: String {
    switch self {
    case .xfs: "xfsprogs"
    case .btrfs: "btrfs-progs"
    case .ext4: "e2fsprogs"
    }
  }

  /// What the tool is told besides the image.
  private var arguments: [String] {
    switch self {
    case .xfs: ["-q", "-m", "reflink=1,rmapbt=1"]
    case .btrfs: ["-q"]
    // No thread that goes on writing inode tables while something is measured.
    case .ext4: ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"]
    }
  }

  /// Where the tool is, or nil; `sbin` is missing from many a PATH.
  var makerPath: String? {
    ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"].map { "\($0)/\(maker)" }
      // SAFETY: Swift lends the string as a C string for the call only.
      .first { unsafe access($0, X_OK) == 0 }
  }

  /// Makes the filesystem in an image file.
  func format(_ image: String) throws(LiveMountError) {
    guard let path = makerPath else { throw .failed(missing) }
    let words = [maker] + arguments + [image]
    // SAFETY: each copy is freed below, after the call that reads them; the list ends with nil.
    var copies = unsafe words.map { unsafe strdup($0) } + [nil]
    defer {
      var rest = unsafe copies[...]
      while let copy = unsafe rest.popFirst() { unsafe free(copy) }
    }
    var text = [CChar](repeating: 0, count: 4096)
    let status = unsafe chost_run(path, &copies, &text, text.count)
    if status == 0 { return }
    if [SIGINT, SIGTERM, SIGHUP].contains(where: { status == 128 + Int64($0) }) {
      throw .interrupted
    }
    let said = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
    throw .failed("\(maker) failed (\(status)): \(lines.last ?? "it said nothing").")
  }

  /// The sentence when the tool is missing.
  var missing: String { "\(maker) is not installed (Debian package \(package))." }
}

/// Why a filesystem could not be made or taken away.
public enum LiveMountError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One sentence.
  case failed(String)
  /// Somebody asked to stop.
  case interrupted

  /// The sentence.
  public var description: String {
    switch self {
    case .failed(let sentence): sentence
    case .interrupted: "Interrupted; what was made so far is gone again."
    }
  }

  init(_ error: LiveError) { self = .failed(error.description) }
}

/// Makes a refused file call a failed mount.
func mounting<Value: ~Copyable>(
  _ body: () throws(LiveError) -> Value
) throws(LiveMountError) -> Value {
  do throws(LiveError) { return try body() } catch { throw LiveMountError(error) }
}
