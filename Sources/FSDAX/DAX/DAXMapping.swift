public import HotCore

/// A range of a file at real addresses: loads and stores there are the file's, as with mmap.
///
/// Every page is first touched through the model's faults, huge pages first, and shows the device's
/// own frame from then on: files that share a block really share the page until one of them writes.
/// The mapping is shared and writable; stores are durable after `Volume.sync`, or at once in their
/// metadata with `isSynchronous`.
///
/// An access behind the end of the file, to poison, or without memory is a bus error: a guarded
/// access reports it, any other raises SIGBUS. Poison is found when a page is faulted in, and keeps
/// that page from being mapped; poison that comes later is not noticed by real loads.
///
/// Any number of threads. It ends when nothing refers to it, by which time nobody accesses its
/// addresses, not even as the buffer of a call. With `userfault` accesses are resolved by a thread
/// of the mapping, one after the other.
public final class DAXMapping: Sendable {
  /// The mapping in the model.
  public let area: VirtualArea
  /// How accesses are caught.
  public let mechanism: TrapMechanism
  /// Bytes mapped; whole pages.
  public let byteCount: Int
  private let pages: RealPages

  /// Maps a range of a file, with no page faulted in.
  ///
  /// - Parameters:
  ///   - volume: A volume made with `options.device.isMappable`.
  ///   - file: The file.
  ///   - position: The first byte shown, a multiple of 4096; may lie behind the end.
  ///   - pageCount: Pages of 4 KiB.
  ///   - mechanism: How accesses are caught.
  ///   - isPrivate: Not offered: a private copy is no page of the device that could be mapped.
  ///   - isSynchronous: Whether a store's metadata are durable before it is possible (MAP_SYNC).
  ///   - allowsHuge: Whether a fault may map 2 MiB at once where they fit.
  /// - Throws: `FSDAXError`: EOPNOTSUPP for a private mapping or a device that cannot be mapped; as
  ///   `Volume.makeArea`; ENOMEM without addresses, ENOSPC for too many mappings, and what the
  ///   kernel answers, such as ENOSYS or EPERM, where it has no `userfaultfd`.
  public init(
    _ volume: Volume, _ file: FileID, at position: Int = 0, pageCount: Int,
    mechanism: TrapMechanism = .signal, isPrivate: Bool = false, isSynchronous: Bool = false,
    allowsHuge: Bool = true
  ) throws(FSDAXError) {
    let pages: RealPages
    do throws(Errno) {
      if isPrivate { throw .EOPNOTSUPP }
      guard volume.options.device.isMappable, let descriptor = volume.device.arena.descriptor
      else { throw .EOPNOTSUPP }
      guard position >= 0, pageCount > 0, pageCount <= Volume.largestArea else { throw .EINVAL }
      do throws(ArenaError) {
        pages = try RealPages(
          filePage: position >> 12, pageCount: pageCount, mechanism: mechanism,
          descriptor: descriptor, allowsHuge: allowsHuge)
      } catch {
        throw Errno(rawValue: error.code)
      }
    } catch {
      throw FSDAXError(error, .map, file, position: position)
    }
    area = try volume.makeArea(
      file, at: position, pageCount: pageCount, address: pages.address,
      isSynchronous: isSynchronous, mirror: pages)
    pages.attach(area)
    self.pages = pages
    self.mechanism = mechanism
    byteCount = pageCount << 12
  }

  // The range first: its handler uses the area. Then the area, which somebody else may still have.
  deinit { pages.end(area) }

  /// The address of the first byte.
  ///
  /// - Safety: Valid while the mapping lives. An access behind the file's end raises SIGBUS. It is
  ///   no place for the buffers of `Volume.load` and `Volume.store`, which hold locks meanwhile.
  @unsafe public var base: UnsafeMutableRawPointer {
    // SAFETY: the address is that of a reserved range, never 0.
    unsafe UnsafeMutableRawPointer(bitPattern: area.address).unsafelyUnwrapped
  }

  /// Loads one byte through the real mapping.
  ///
  /// - Parameter offset: The byte, counted from the mapping's first.
  /// - Returns: The byte, or nil for a bus error or an offset outside of the mapping.
  public func load(at offset: Int) -> UInt8? {
    guard offset >= 0, offset < byteCount else { return nil }
    // SAFETY: the byte is in the range, which lives; a fault is survived.
    return unsafe GuardedAccess.load(base + offset)
  }

  /// Stores one byte through the real mapping.
  ///
  /// - Parameters:
  ///   - value: The byte.
  ///   - offset: Where, counted from the mapping's first.
  /// - Returns: Whether it was stored; not for a bus error or an offset outside of the mapping.
  public func store(_ value: UInt8, at offset: Int) -> Bool {
    guard offset >= 0, offset < byteCount else { return false }
    // SAFETY: as above; the file's bytes are for everybody to change who maps it.
    return unsafe GuardedAccess.store(value, to: base + offset)
  }
}
