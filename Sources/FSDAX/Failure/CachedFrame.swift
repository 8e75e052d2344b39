/// What a cached entry says of the frame behind a file page.
struct CachedFrame: Hashable, Sendable {
  /// The first file page of the entry.
  var baseIndex: UInt64
  /// The device page of that file page.
  var frame: UInt32
  /// Whether the entry covers 2 MiB.
  var isHuge: Bool

  /// The frame a failure at a page of the entry marks.
  ///
  /// - Parameters:
  ///   - index: The failing file page, inside the entry.
  ///   - profile: With H11 it is always the entry's first one.
  /// - Returns: A device page.
  func marked(at index: UInt64, _ profile: Profile) -> UInt32 {
    if !isHuge || profile.has(.headPagePoisoned) { return frame }
    return frame + UInt32(truncatingIfNeeded: index - baseIndex)
  }
}

/// Whose a frame is, for a kernel without a filesystem to ask.
enum FrameOwner: Hashable, Sendable {
  case nobody
  case page(inode: UInt32, index: UInt64)
  /// Known only as shared.
  case several

  /// The one page to poison and kill for, or nil for none.
  ///
  /// - Returns: The file's inode number and page.
  /// - Throws: EBUSY for a shared frame: its owners cannot be found.
  func generic() throws(Errno) -> (inode: UInt32, index: UInt64)? {
    switch self {
    case .nobody: return nil
    case .page(let inode, let index): return (inode, index)
    case .several: throw .EBUSY
    }
  }
}
