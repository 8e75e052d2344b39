internal import CHost
internal import HotCore

/// FNV-1a, 64 bits, of the text of `Sources/CHost/reference_read.c`.
public let frozenReadReferenceHash: UInt64 = 0xce4c0bcaa3ebedaa

/// The frozen reference of calls on files: reads of 4 KiB that find their page in the page cache.
///
/// What a call on a file costs is bound by the core: it moved by up to 1.45 times with what else
/// the core did for other guests, where a compare of cold memory moved by a few percent. So rows of
/// files are held against system calls, not against the memory's own work. The file is one of
/// memory, in the processor's caches, and the same on every machine.
public struct ReadReference: ~Copyable {
  /// Bytes that a call reads.
  public static let byteCountPerCall = 4096
  /// Pages that the loop reads in turn, as often as it takes.
  private static let pages = 16
  private let file: LiveFile
  private let room: LiveBytes
  private let contents: LiveBytes

  /// Makes the file.
  ///
  /// - Throws: `FaultError.failed` when there is no memory.
  public init() throws(FaultError) {
    let contents = LiveBytes(count: Self.pages * Self.byteCountPerCall, seed: 0x4EAD)
    let file = try exercising { () throws(LiveError) in try LiveFile() }
    try exercising { () throws(LiveError) in
      // SAFETY: the bytes live to the end of the turn.
      try unsafe file.writeAll(contents.all, at: 0)
    }
    self.contents = contents
    self.file = file
    room = LiveBytes(count: Self.byteCountPerCall, seed: 0)
  }

  /// Reads so many times: the timed part.
  ///
  /// - Parameter calls: how often, page after page from the first one on.
  /// - Returns: the bytes read; `calls` times `byteCountPerCall` when nothing failed.
  public func run(calls: Int) -> Int {
    precondition(calls >= 0, "a count of calls")
    guard let base = unsafe room.room.baseAddress else { return 0 }
    // SAFETY: the file is open, and the room holds what one call reads.
    return unsafe chost_reference_read(
      file.number, base.assumingMemoryBound(to: UInt8.self), calls)
  }

  /// Checks that each page is read, and the right one.
  ///
  /// - Throws: `FaultError.failed` naming the page that is not.
  public func verify() throws(FaultError) {
    let count = Self.byteCountPerCall
    for page in 0..<Self.pages {
      guard run(calls: page + 1) == (page + 1) * count,
        room.equals(contents, at: page * count, from: 0, count: count)
      else {
        throw .failed(reason: "page \(page) of the read reference holds other bytes")
      }
    }
  }
}
