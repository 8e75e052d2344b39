import Foundation

@testable import FSDAX

/// A filesystem in a file, mounted as long as this lives; nil unless this user may mount and the
/// tools are there.
final class LoopMount {
  let path: String
  private let image: String

  init?(_ personality: Personality) {
    let folder = NSTemporaryDirectory() + "daxmark-conform-\(UUID().uuidString)"
    path = folder + "/mount"
    image = folder + "/image"
    let make =
      personality == .xfs
      ? ["mkfs.xfs", "-q", "-m", "reflink=1,rmapbt=1", image] : ["mkfs.btrfs", "-q", image]
    guard getuid() == 0,
      (try? FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true)) != nil,
      FileManager.default.createFile(atPath: image, contents: nil),
      truncate(image, 512 << 20) == 0, Self.run(make),
      Self.run(["mount", "-o", "loop", image, path])
    else {
      try? FileManager.default.removeItem(atPath: folder)
      return nil
    }
  }

  deinit {
    if Self.run(["umount", path]) {
      try? FileManager.default.removeItem(
        atPath: (path as NSString).deletingLastPathComponent)
    }
  }

  /// Takes all space but for so many bytes.
  func fill(leaving byteCount: Int) {
    let filler = open(path + "/filler", O_RDWR | O_CREAT, 0o600)
    let room = open(path + "/room", O_RDWR | O_CREAT, 0o600)
    defer {
      close(filler)
      close(room)
      unlink(path + "/room")
    }
    posix_fallocate(room, 0, byteCount)
    var status = stat()
    fstat(filler, &status)
    var (end, step) = (status.st_size, off_t(64 << 20))
    while step >= 4096 {
      if posix_fallocate(filler, end, step) == 0 { end += step } else { step /= 2 }
    }
  }

  /// Mounts it again with an option.
  func remount(_ option: String) -> Bool {
    Self.run(["mount", "-o", "remount,\(option)", path])
  }

  private static func run(_ words: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
