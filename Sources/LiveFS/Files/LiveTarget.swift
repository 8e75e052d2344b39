internal import CHost
internal import Glibc
internal import HotCore

/// A directory to measure in: what its filesystem is and can do, found by trying.
public struct LiveTarget: Sendable {
  /// What is tried.
  public enum Feature: String, CaseIterable, Sendable {
    /// Sharing blocks on request.
    case reflink
    /// Sharing blocks whose bytes the kernel found equal.
    case dedupe
    /// Giving shared blocks up on request.
    case unshare
    /// Zeroing a range with fallocate.
    case zero
    /// Punching a hole.
    case punch
    /// Telling extents.
    case fiemap
    /// O_DIRECT.
    case direct
    /// MAP_SYNC, which needs DAX.
    case synchronousMapping = "map-sync"
  }

  /// The directory, absolute and without links.
  public let path: String
  /// Its type, block size and free space; its DAX state is that of the directory.
  public let filesystem: Filesystem
  /// Where it is mounted and with which options; nil when procfs does not tell.
  public let mount: MountEntry?
  /// Bytes that a direct write is aligned to, found by statx or the block size.
  public let directAlignment: Int
  /// Whether files made here are accessed through DAX; nil when the filesystem does not tell.
  ///
  /// It is asked of a file: the directory itself never is.
  public let isDAX: Bool?
  private let missing: [Feature: String]

  /// Why a feature is missing, a sentence without its full stop; nil when it works.
  public func reason(without feature: Feature) -> String? { missing[feature] }

  /// The file behind the loop device that is mounted; nil when there is none.
  public var loopFile: String? { mount.flatMap { MountTable.backingFile(of: $0.source) } }

  /// Whether a feature works.
  public func has(_ feature: Feature) -> Bool { missing[feature] == nil }

  /// Tries everything in a folder of its own, which is gone afterwards.
  ///
  /// - Parameter directory: where to measure; it must be writable.
  /// - Throws: `LiveError` when files cannot be made there at all.
  public init(_ directory: String) throws(LiveError) {
    guard let path = realPath(directory) else {
      throw LiveError(call: "realpath", errno: errno, path: directory)
    }
    self.path = path
    do throws(ArenaError) {
      filesystem = try Filesystem.identify(path)
    } catch {
      throw LiveError(call: "statfs", errno: error.code, path: path)
    }
    var probe = FeatureProbe(type: filesystem.type)
    let status = try probe.run(in: path)
    mount = MountTable.entries().last { Int64($0.identifier) == status.mount }
    let told = Int(status.direct_offset)
    directAlignment = told > 0 ? told : max(filesystem.blockByteCount, 512)
    isDAX = Self.isDAX(status)
    missing = probe.missing
  }

  /// What statx says of a file; nil for nothing.
  static func isDAX(_ status: chost_live_status) -> Bool? {
    status.is_dax < 0 ? nil : status.is_dax == 1
  }
}

/// Tries each feature on small files.
private struct FeatureProbe {
  let type: String
  private(set) var missing: [LiveTarget.Feature: String] = [:]
  /// A multiple of every block size there is.
  private static let byteCount = 128 << 10

  init(type: String) { self.type = type }

  /// Tries all; what statx says of a file there.
  mutating func run(in path: String) throws(LiveError) -> chost_live_status {
    let byteCount = Self.byteCount
    // Asking what a directory can do removes nothing there.
    let folder = try LiveFolder(in: path, sweeps: false)
    let source = try LiveFile(folder.path + "/source", [.read, .write, .exclusive])
    let twin = try LiveFile(folder.path + "/twin", [.read, .write, .exclusive])
    let clone = try LiveFile(folder.path + "/clone", [.read, .write, .exclusive])
    let bytes = LiveBytes(count: byteCount, seed: 0x5EED)
    // SAFETY: the bytes live to the end of this function.
    try unsafe source.writeAll(bytes.all, at: 0)
    try unsafe twin.writeAll(bytes.all, at: 0)
    try source.sync()
    try twin.sync()
    try attempt(.reflink) { () throws(LiveError) in try clone.clone(from: source) }
    try clone.truncate(to: byteCount)
    try attempt(.unshare) { () throws(LiveError) in
      try clone.allocate(.unshare, at: 0, byteCount: byteCount, keepsSize: false)
    }
    try attempt(.dedupe) { () throws(LiveError) in
      let result = try source.dedupe(at: 0, byteCount: byteCount, into: twin, at: 0)
      if case .failed(let code) = result {
        throw LiveError(call: "FIDEDUPERANGE", errno: code, path: twin.path)
      }
    }
    try attempt(.fiemap) { () throws(LiveError) in _ = try twin.extents() }
    for (feature, how) in [(LiveTarget.Feature.zero, Allocation.zero), (.punch, .punch)] {
      try attempt(feature) { () throws(LiveError) in
        try twin.allocate(how, at: 0, byteCount: byteCount, keepsSize: true)
      }
    }
    try attempt(.direct) { () throws(LiveError) in
      let direct = try LiveFile(twin.path, [.write, .direct])
      try unsafe direct.writeAll(bytes.all, at: 0)
    }
    try attempt(.synchronousMapping) { () throws(LiveError) in
      _ = try twin.map(
        at: 0, byteCount: basePageByteCount, isShared: true, isSynchronous: true)
    }
    return try source.status()
  }

  /// Notes a refusal as missing; a full or vanished filesystem is a failure of the whole.
  private mutating func attempt(
    _ feature: LiveTarget.Feature, _ body: () throws(LiveError) -> Void
  ) throws(LiveError) {
    do throws(LiveError) {
      try body()
    } catch {
      if [ENOSPC, EDQUOT, EIO, ENOENT, EROFS, ESTALE].contains(error.errno) { throw error }
      missing[feature] = "\(type) refuses \(error.call): \(LiveError.text(error.errno))"
    }
  }
}
