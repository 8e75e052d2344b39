internal import CHost
public import HotCore

/// What a path's filesystem is, for the record of the machine.
public struct Filesystem: Equatable, Sendable {
  /// The name of the type, such as `xfs`, or its magic number in hexadecimal.
  public let type: String
  /// Bytes of a block.
  public let blockByteCount: Int
  /// Bytes that a caller without privilege may still use.
  public let freeByteCount: Int
  /// Whether the path is accessed through DAX; nil when the filesystem does not tell.
  public let isDAX: Bool?

  /// Asks the kernel about a path.
  ///
  /// - Parameter path: any file or folder on the filesystem.
  /// - Returns: what `statfs` and `statx` say.
  /// - Throws: `ArenaError` from `statfs`, as for a path that does not exist.
  public static func identify(_ path: String) throws(ArenaError) -> Filesystem {
    var status = chost_filesystem()
    // SAFETY: the string is terminated and the out-parameter lives through the call.
    let code = unsafe chost_identify(path, &status)
    guard code == 0 else {
      throw ArenaError("statfs", code: code, "cannot identify the filesystem of \(path)")
    }
    return Filesystem(
      type: names[status.magic] ?? "0x" + String(status.magic, radix: 16),
      blockByteCount: Int(status.block_bytes), freeByteCount: Int(status.free_bytes),
      isDAX: status.is_dax < 0 ? nil : status.is_dax == 1)
  }

  /// Bytes that a caller without privilege may still use on the filesystem of a path.
  static func freeByteCount(_ path: String) throws(LiveError) -> Int {
    do throws(ArenaError) {
      return try identify(path).freeByteCount
    } catch {
      throw LiveError(call: "statfs", errno: error.code, path: path)
    }
  }

  /// Type names by magic number.
  ///
  /// Source: linux/magic.h.
  private static let names: [UInt32: String] = [
    0xEF53: "ext4", 0x5846_5342: "xfs", 0x9123_683E: "btrfs", 0x0102_1994: "tmpfs",
    0x9584_58F6: "hugetlbfs", 0x794C_7630: "overlay", 0x6969: "nfs", 0xF2F5_2010: "f2fs",
    0xCA45_1A4E: "bcachefs", 0x6573_5546: "fuse", 0x0102_1997: "9p", 0x2FC1_2FC1: "zfs",
  ]
}
