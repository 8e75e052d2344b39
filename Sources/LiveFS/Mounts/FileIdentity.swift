internal import CHost

/// Which file something is, whatever its path: its inode, and when it was made.
///
/// A path names another file in another container, while all of them see the same loop devices.
/// Those are matched by the filesystem's device number, which a reboot may change: an image
/// itself is known by it only where no time is told.
struct FileIdentity: Equatable {
  let device: UInt64
  let inode: UInt64
  /// Nanoseconds since 1970, or nil when the filesystem does not tell, or an older state file.
  let birth: Int64?

  init(device: UInt64, inode: UInt64, birth: Int64? = nil) {
    self.device = device
    self.inode = inode
    self.birth = birth
  }

  /// The file that statx told of.
  init(_ status: chost_live_status) {
    self.init(
      device: status.device, inode: status.inode,
      birth: status.birth_ns < 0 ? nil : status.birth_ns)
  }

  /// Whether a file that is there now is this one, written down earlier.
  func isSame(as found: FileIdentity) -> Bool {
    guard inode == found.inode else { return false }
    guard let birth, let foundBirth = found.birth else { return device == found.device }
    return birth == foundBirth
  }

  /// Whether this file is behind a loop device; false also when that cannot be told.
  func backs(loop number: Int32) -> Bool { chost_loop_backs(number, device, inode) == 1 }

  /// Whether a mount is one of this file, through a loop device.
  func backs(_ mount: MountEntry) -> Bool {
    let name = mount.source
    guard name.hasPrefix("/dev/loop"), let number = Int32(name.dropFirst(9)) else { return false }
    return backs(loop: number)
  }
}
