internal import CHost

/// Which file something is, whatever its path: the filesystem's device number, and the inode.
///
/// A path names another file in another container, while all of them see the same loop devices.
struct FileIdentity: Equatable {
  let device: UInt64
  let inode: UInt64

  init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }

  /// The file that statx told of.
  init(_ status: chost_live_status) { self.init(device: status.device, inode: status.inode) }

  /// Whether this file is behind a loop device; false also when that cannot be told.
  func backs(loop number: Int32) -> Bool { chost_loop_backs(number, device, inode) == 1 }

  /// Whether a mount is one of this file, through a loop device.
  func backs(_ mount: MountEntry) -> Bool {
    let name = mount.source
    guard name.hasPrefix("/dev/loop"), let number = Int32(name.dropFirst(9)) else { return false }
    return backs(loop: number)
  }
}
