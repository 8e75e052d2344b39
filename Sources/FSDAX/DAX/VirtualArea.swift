internal import HotCore

/// A mapping of a file range, as mmap makes one, with a page table in software.
///
/// It lives as long as it is referred to, keeps its volume, and goes on when the file shrinks or is
/// removed: accesses behind the end then answer SIGBUS.
public final class VirtualArea: Sendable {
  /// The volume of the file.
  public let volume: Volume
  /// The file.
  public let file: FileID
  /// Where the mapping pretends to lie; decides where huge pages fit.
  public let address: Int
  /// Pages of 4 KiB.
  public let pageCount: Int
  /// The file's page that the first one shows.
  public let filePage: Int
  /// Whether stores go to copies of the mapping's own.
  public let isPrivate: Bool
  /// Whether a store's metadata are durable before it is possible (MAP_SYNC).
  public let isSynchronous: Bool
  /// Whether stores are allowed.
  public let isWritable: Bool
  let inode: Inode
  let table: AreaTable

  /// Whether stores reach the file.
  public var isShared: Bool { !isPrivate }

  fileprivate init(
    _ volume: Volume, _ inode: Inode, _ table: AreaTable, _ file: FileID, isPrivate: Bool,
    isSynchronous: Bool, isWritable: Bool
  ) {
    self.volume = volume
    self.inode = inode
    self.table = table
    self.file = file
    address = Int(table.address)
    pageCount = table.pageCount
    filePage = Int(table.filePage)
    self.isPrivate = isPrivate
    self.isSynchronous = isSynchronous
    self.isWritable = isWritable
    inode.areas.insert(table)
  }

  deinit {
    inode.areas.remove(table)
    table.destroy()
  }
}

extension Volume {
  /// The most pages of one mapping: 1 TiB.
  static let largestArea = 1 << 28
  /// The file page behind the last one possible.
  private static let filePageEnd = 1 << 51

  /// Maps a range of a file.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - position: The first byte shown, a multiple of 4096; may lie behind the end.
  ///   - pageCount: Pages of 4 KiB.
  ///   - address: Where the mapping pretends to lie, a multiple of 4096.
  ///   - isPrivate: Whether stores go to copies of the mapping's own.
  ///   - isSynchronous: Whether a store's metadata are durable before it is possible (MAP_SYNC).
  ///   - isWritable: Whether stores are allowed.
  ///   - mirror: Something to keep in step with the mapping.
  /// - Returns: The mapping, with no page faulted in.
  /// - Throws: `FSDAXError`: EINVAL for values out of range or a synchronous private mapping,
  ///   EOPNOTSUPP for a synchronous one of a file or device that cannot, ENOENT, EISDIR.
  public func makeArea(
    _ file: FileID, at position: Int, pageCount: Int, address: Int = 1 << 32,
    isPrivate: Bool = false, isSynchronous: Bool = false, isWritable: Bool = true,
    mirror: (any PageTableMirror)? = nil
  ) throws(FSDAXError) -> VirtualArea {
    do throws(Errno) {
      guard position >= 0, position & 4095 == 0, address > 0, address & 4095 == 0,
        pageCount > 0, pageCount <= Self.largestArea, address < 1 << 47,
        position >> 12 <= Self.filePageEnd - pageCount
      else { throw .EINVAL }
      let inode = try inode(file)
      // A write looks once for mappings, so none appears while it goes on.
      inode.ioLock.lockShared()
      defer { inode.ioLock.unlockShared() }
      try inode.check(file)
      try inode.checkRegular()
      try checkMappable(inode)
      if isSynchronous {
        if isPrivate { throw .EINVAL }
        guard inode.attributes.isDAX, device.copyMode.contains(.synchronous) else {
          throw .EOPNOTSUPP
        }
      }
      let table = AreaTable(
        address: UInt(address), pageCount: pageCount, filePage: UInt64(position >> 12),
        mirror: mirror)
      return VirtualArea(
        self, inode, table, file, isPrivate: isPrivate, isSynchronous: isSynchronous,
        isWritable: isWritable)
    } catch {
      throw FSDAXError(error, .map, file, position: position)
    }
  }
}
