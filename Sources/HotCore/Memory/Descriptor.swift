internal import CHost
public import Glibc

/// An open file descriptor, closed when its owner goes.
public struct Descriptor: ~Copyable, Sendable {
  /// The number.
  public let number: CInt

  /// Takes ownership of an open descriptor.
  public init(owning number: CInt) { self.number = number }

  deinit { close(number) }

  /// Opens a file; the descriptor does not outlive an exec.
  ///
  /// - Throws: `ArenaError` from `open`.
  public init(
    opening path: String, flags: CInt, mode: mode_t = 0o600
  ) throws(ArenaError) {
    // SAFETY: the string is alive and terminated for the duration of the call.
    let number = unsafe open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw ArenaError("open", code: errno, "cannot open \(path)") }
    self.number = number
  }

  /// A new, empty memory file of the given length.
  ///
  /// - Parameters:
  ///   - byteCount: its length; a multiple of 2 MiB with hugetlb pages.
  ///   - isHugetlb: whether its pages come from the hugetlb pool.
  /// - Returns: its descriptor, which does not outlive an exec.
  /// - Throws: `ArenaError` from `memfd_create` or `ftruncate`.
  public static func memoryFile(
    byteCount: Int, isHugetlb: Bool = false
  ) throws(ArenaError) -> Descriptor {
    let number = chost_memory_file(isHugetlb ? 1 : 0)
    guard number >= 0 else {
      throw ArenaError("memfd_create", code: errno, "cannot create a memory file")
    }
    let descriptor = Descriptor(owning: number)
    guard ftruncate(number, byteCount) == 0 else {
      throw ArenaError("ftruncate", code: errno, "cannot size a memory file to \(byteCount) bytes")
    }
    return descriptor
  }
}
