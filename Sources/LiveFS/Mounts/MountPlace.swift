internal import CHost
internal import Glibc
internal import HotCore

/// One filesystem's files in the folder, and the steps that make and undo them.
///
/// SAFETY, for every path below: Swift lends the string as a C string for the call only.
struct MountPlace {
  let filesystem: LiveFilesystem
  let folder: String
  let image: String
  private let stateFile: String

  init(root: String, _ filesystem: LiveFilesystem) {
    self.filesystem = filesystem
    folder = "\(root)/\(filesystem.rawValue)"
    image = folder + ".img"
    stateFile = folder + ".state"
  }

  /// What was written down; nil when nothing was.
  func state() throws(LiveMountError) -> MountState? {
    let text: String
    do throws(ArenaError) {
      text = try TextFile.read(stateFile)
    } catch {
      if error.code == ENOENT { return nil }
      throw .failed("\(error.description).")
    }
    guard let state = MountState(text) else {
      throw .failed("'\(stateFile)' was not written by 'daxmark live-fs'; nothing is touched.")
    }
    return state
  }

  /// Refuses when something lies where the image or the mount shall be.
  func refuseStrangers() throws(LiveMountError) {
    for path in [image, folder] where status(path) != nil {
      throw .failed("'\(path)' exists and was not made by 'daxmark live-fs'; it is left alone.")
    }
  }

  /// Begins the state file.
  func begin() throws(LiveError) {
    try append(MountState.heading, [.write, .exclusive])
  }

  /// Writes a step down, durably.
  func note(_ step: String) throws(LiveMountError) {
    try mounting { () throws(LiveError) in try append(step, [.write, .append]) }
  }

  /// Makes the image file, a hole of the given length.
  func makeImage(byteCount: Int) throws(LiveMountError) {
    try note("image")
    try mounting { () throws(LiveError) in
      let file = try LiveFile(image, [.read, .write, .exclusive])
      let made = FileIdentity(try file.status())
      let birth = made.birth.map { " \($0)" } ?? ""
      try append("image \(made.device) \(made.inode)\(birth)", [.write, .append])
      try file.truncate(to: byteCount)
    }
  }

  /// Makes the filesystem in the image; refuses a file that took its name.
  ///
  /// The tool opens the name itself. What takes it from here on is refused by `mount`.
  func format() throws(LiveMountError) {
    _ = try openImage()
    try filesystem.format(image)
  }

  /// Refuses when the image has another length.
  func requireImage(byteCount: Int) throws(LiveMountError) {
    let found = status(image).map { Int($0.byte_count) } ?? 0
    if found == byteCount { return }
    throw .failed(
      "'\(folder)' is up with an image of \(found >> 20) MiB, not \(byteCount >> 20); run "
        + "'daxmark live-fs down' first, or leave --size out.")
  }

  /// Makes the folder to mount on.
  func makeMountpoint() throws(LiveMountError) {
    try note("mountpoint")
    if unsafe mkdir(folder, 0o755) != 0 {
      throw LiveMountError(LiveError(call: "mkdir", errno: errno, path: folder))
    }
  }

  /// Mounts the image; everybody may write to the filesystem's first folder.
  func mount() throws(LiveMountError) {
    // What is attached is the file that was compared, whatever has its name by then.
    let file = try openImage()
    try note("mount")
    try mounting { () throws(LiveError) in
      var number: Int32 = -1
      let attached = unsafe chost_loop_attach(file.number, image, &number)
      let loop = try LiveError.check(attached, "LOOP_CONFIGURE", image)
      // Whatever happens from here on, the device goes with this descriptor or with the mount.
      let device = Descriptor(owning: number)
      let result = unsafe chost_mount("/dev/loop\(loop)", folder, filesystem.rawValue)
      _ = try LiveError.check(result, "mount", folder)
      _ = consume device
      if unsafe chmod(folder, 0o1777) != 0 {
        throw LiveError(call: "chmod", errno: errno, path: folder)
      }
    }
  }

  /// Opens the image that was made; refuses another file of its name, and a link.
  private func openImage() throws(LiveMountError) -> Descriptor {
    let number = unsafe open(image, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
    if number < 0 { throw LiveMountError(LiveError(call: "open", errno: errno, path: image)) }
    let file = Descriptor(owning: number)
    var found = chost_live_status()
    // SAFETY: the out-parameter lives through the call.
    let result = unsafe chost_live_stat(file.number, &found)
    if result < 0 {
      throw LiveMountError(LiveError(call: "statx", errno: Int32(-result), path: image))
    }
    guard let written = try state(), case .made(let made) = written.image,
      made.isSame(as: FileIdentity(found))
    else {
      throw .failed("'\(image)' is not the image that 'daxmark live-fs' made; it is left alone.")
    }
    return file
  }

  /// Whether the filesystem of the image that was made is what one sees at the folder.
  func isMounted(_ state: MountState) -> Bool {
    guard case .made(let file) = state.image, let mount = MountTable.top(at: folder) else {
      return false
    }
    return isOurs(mount, file)
  }

  private func isOurs(_ mount: MountEntry, _ file: FileIdentity) -> Bool {
    mount.type == filesystem.rawValue && file.backs(mount)
  }

  /// Takes away what was written down, the last step first.
  func undo(_ state: MountState) throws(LiveMountError) {
    if case .made(let file) = state.image {
      if state.hasMount { try unmount(file) }
      try detach(file)
    }
    if state.hasMountpoint { try removeMountpoint() }
    try removeImage(state.image)
    if unsafe unlink(stateFile) != 0, errno != ENOENT {
      throw LiveMountError(LiveError(call: "unlink", errno: errno, path: stateFile))
    }
  }

  private func unmount(_ file: FileIdentity) throws(LiveMountError) {
    while let mount = MountTable.top(at: folder) {
      guard isOurs(mount, file) else {
        throw .failed("\(mount.source) is mounted on '\(folder)' by others; it is left alone.")
      }
      let result = unsafe chost_unmount(folder)
      if result == -Int64(EBUSY) {
        throw .failed("'\(folder)' is in use; leave it, then run 'daxmark live-fs down'.")
      }
      if result < 0 {
        throw LiveMountError(LiveError(call: "umount", errno: Int32(-result), path: folder))
      }
    }
  }

  /// Waits for the loop device to go by itself, and after a second tells it to.
  private func detach(_ file: FileIdentity) throws(LiveMountError) {
    for attempt in 0..<500 {
      let loops = MountTable.loops(of: file, named: "\(filesystem.rawValue).img")
      if loops.isEmpty { return }
      if attempt >= 100 {
        for loop in loops { _ = chost_loop_detach(loop, file.device, file.inode) }
      }
      usleep(10_000)
    }
    throw .failed("A loop device of '\(image)' is in use; free it, then run 'live-fs down'.")
  }

  private func removeMountpoint() throws(LiveMountError) {
    if unsafe rmdir(folder) == 0 || errno == ENOENT { return }
    if errno == ENOTEMPTY || errno == ENOTDIR {
      throw .failed("'\(folder)' holds files that 'daxmark live-fs' did not make; they are kept.")
    }
    throw LiveMountError(LiveError(call: "rmdir", errno: errno, path: folder))
  }

  private func removeImage(_ made: MountState.Image) throws(LiveMountError) {
    guard made != .none, let found = status(image) else { return }
    let isOurs =
      switch made {
      case .none: false
      // Killed between making it and writing its inode down: still without a byte.
      case .pending: found.kind == S_IFREG && found.byte_count == 0
      case .made(let file): file.isSame(as: FileIdentity(found))
      }
    guard isOurs else {
      throw .failed("'\(image)' is not the image that 'daxmark live-fs' made; it is kept.")
    }
    if unsafe unlink(image) != 0 {
      throw LiveMountError(LiveError(call: "unlink", errno: errno, path: image))
    }
  }

  private func status(_ path: String) -> chost_live_status? {
    var status = chost_live_status()
    // SAFETY: the out-parameter lives through the call.
    return unsafe chost_live_stat_path(path, &status) == 0 ? status : nil
  }

  private func append(_ line: String, _ mode: LiveFile.Mode) throws(LiveError) {
    let file = try LiveFile(stateFile, mode)
    let bytes = LiveBytes(text: line + "\n")
    // SAFETY: the bytes live through the call.
    try unsafe file.writeAll(bytes.all, at: 0)
    try file.sync()
  }
}
