internal import CHost
internal import Glibc
internal import HotCore

/// A range of a file in memory, unmapped when its owner goes.
///
/// File offsets and addresses agree within 2 MiB, so that huge pages can map it; 2 MiB on either
/// side are inaccessible.
@safe
public struct LiveMapping: ~Copyable, @unchecked Sendable {
  // `@unchecked Sendable`: the fields are immutable addresses of a mapping owned by this value
  // alone; its bytes are reached only through a property that is marked unsafe.
  private let range: AddressRange
  private let start: UnsafeMutableRawPointer
  private let path: String
  /// Bytes mapped.
  public let byteCount: Int
  /// Whether stores reach the file.
  public let isShared: Bool

  fileprivate init(
    _ range: consuming AddressRange, _ start: UnsafeMutableRawPointer, _ path: String,
    byteCount: Int, isShared: Bool
  ) {
    self.range = range
    unsafe self.start = start
    self.path = path
    self.byteCount = byteCount
    self.isShared = isShared
  }

  /// The bytes.
  ///
  /// - Safety: nothing of it is used after the mapping is gone; an access past the end of the
  ///   file, or one that the filesystem cannot serve, is a SIGBUS; a store to a file that was not
  ///   opened for writing, and is mapped shared, is a SIGSEGV.
  @unsafe public var bytes: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  /// Writes dirty pages to the file and makes them durable.
  ///
  /// - Throws: `LiveError` from `msync`.
  public func sync() throws(LiveError) {
    // SAFETY: the pages are this value's own.
    let base = unsafe UnsafeMutableRawPointer(
      bitPattern: Int(bitPattern: start) & ~(basePageByteCount - 1))
    guard let base = unsafe base else { return }
    let skipped = unsafe start - base
    let result = unsafe chost_live_sync_map(base, byteCount + skipped)
    _ = try LiveError.check(result, "msync", path)
  }

  /// Gives the kernel advice about the whole mapping; 0, or the errno value.
  public func advise(_ advice: Int32) -> Int32 {
    // SAFETY: the pages are this value's own; whoever holds their bytes vouched for them.
    unsafe madvise(start, byteCount, advice) == 0 ? 0 : errno
  }
}

extension LiveFile {
  /// Maps a range of the file, writable when the file was opened for writing or the mapping is
  /// private.
  ///
  /// - Parameters:
  ///   - offset: byte of the file to begin at, on a page boundary.
  ///   - byteCount: bytes, more than 0.
  ///   - isShared: whether stores reach the file.
  ///   - isSynchronous: whether a write fault makes metadata durable: MAP_SYNC, DAX only, shared.
  /// - Returns: the mapping, which may outlive the open file.
  /// - Throws: `LiveError` from `mmap`.
  public func map(
    at offset: Int, byteCount: Int, isShared: Bool, isSynchronous: Bool = false
  ) throws(LiveError) -> LiveMapping {
    guard offset >= 0, byteCount > 0, offset % basePageByteCount == 0 else {
      throw LiveError(call: "mmap", errno: EINVAL, path: path)
    }
    let skipped = offset % hugePageByteCount
    let range: AddressRange
    do throws(ArenaError) {
      range = try AddressRange(byteCount: byteCount + skipped)
    } catch {
      throw LiveError(call: "mmap", errno: error.code, path: path)
    }
    let isWritable = mode.contains(.write) || !(isShared || isSynchronous)
    var code: CInt = 0
    // SAFETY: the place lies in the range reserved above, which holds `byteCount` bytes from there.
    let start = unsafe range.base + skipped
    let mapped = unsafe chost_live_map(
      start, number, Int64(offset), byteCount, isShared ? 1 : 0, isSynchronous ? 1 : 0,
      isWritable ? 1 : 0, &code)
    guard unsafe mapped != nil else { throw LiveError(call: "mmap", errno: code, path: path) }
    return unsafe LiveMapping(
      range, start, path, byteCount: byteCount, isShared: isShared || isSynchronous)
  }

  /// Drops the file's clean pages from the page cache; dirty, mapped and locked ones stay.
  ///
  /// - Parameters:
  ///   - offset: byte to begin at.
  ///   - byteCount: bytes; 0 means to the end.
  /// - Throws: `LiveError` from `posix_fadvise`.
  public func dropCache(at offset: Int = 0, byteCount: Int = 0) throws(LiveError) {
    let result = chost_live_drop_cache(number, Int64(offset), Int64(byteCount))
    _ = try LiveError.check(result, "posix_fadvise", path)
  }

  /// Whether reads bring in single pages, in folios of one page, instead of what lies around them.
  ///
  /// - Parameter isSingle: whether they do.
  /// - Throws: `LiveError` from `posix_fadvise`.
  public func readSingly(_ isSingle: Bool) throws(LiveError) {
    let result = chost_live_read_singly(number, isSingle ? 1 : 0)
    _ = try LiveError.check(result, "posix_fadvise", path)
  }

  /// Bytes of a range that are in the page cache, in whole pages.
  ///
  /// - Parameters:
  ///   - offset: byte to begin at, on a page boundary.
  ///   - byteCount: bytes of the range.
  /// - Returns: the bytes present; all of them for a file the caller could not write.
  /// - Throws: `LiveError` from `mmap` or `mincore`.
  public func residentByteCount(at offset: Int, byteCount: Int) throws(LiveError) -> Int {
    guard byteCount >= 0 else { throw LiveError(call: "mincore", errno: EINVAL, path: path) }
    return try LiveError.check(
      chost_live_resident(number, Int64(offset), byteCount), "mincore", path)
  }
}
