import Glibc
import HotCore

/// A folder under /tmp, removed with its files when the owner goes.
struct ScratchFolder: ~Copyable {
  let path: String

  init() {
    var template = Array("/tmp/daxmark-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress, mkdtemp(start) != nil else { return "" }
      return String(cString: start)
    }
    precondition(!path.isEmpty, "mkdtemp")
  }

  deinit {
    for name in ["data", "other"] { unlink("\(path)/\(name)") }
    rmdir(path)
  }
}

/// A tmpfs of 1 MiB on a folder, unmounted when the owner goes.
struct TinyFilesystem: ~Copyable {
  let path: String

  /// Nil where mounting is not permitted.
  init?(on path: String, readOnly: Bool) {
    guard geteuid() == 0 else { return nil }
    let flags = UInt(readOnly ? MS_RDONLY : 0)
    guard mount("tmpfs", path, "tmpfs", flags, "size=1m") == 0 else { return nil }
    self.path = path
  }

  deinit { umount2(path, CInt(MNT_DETACH)) }
}

/// Whether this user can change the pool of huge pages.
let canReserve = access("\(HugePagePool().directory)/nr_hugepages", W_OK) == 0

/// Reserves pages, waiting while another test or process holds a reservation; nil where a machine
/// or a user cannot.
func reserveWhenFree(_ count: Int) -> HugePageReservation? {
  for _ in 0..<2000 {
    do throws(ArenaError) {
      return try HugePagePool().reserve(count)
    } catch {
      if error.code != EBUSY { return nil }
      usleep(10_000)
    }
  }
  return nil
}
