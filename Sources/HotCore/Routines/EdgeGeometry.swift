/// Which bytes of a block range a write leaves to be filled from the old contents.
///
/// For a write of `length` bytes at `position` the touched blocks start at `position` rounded down
/// to `alignment`; all offsets here count from there. Always `head + length + tail == size`.
///
/// Source: fsdax's copy-around arithmetic, the same since 2021.
public struct EdgeGeometry: Hashable, Sendable {
  /// Bytes before the write, at offset 0.
  public let head: Int
  /// Bytes written, at offset `head`.
  public let length: Int
  /// Bytes of the touched blocks, a multiple of the alignment.
  public let size: Int

  /// The geometry of a write.
  ///
  /// Traps on a negative position, an empty write, an alignment that is no power of two, and where
  /// the end of the last block exceeds `Int.max`.
  ///
  /// - Parameters:
  ///   - position: The first byte written, in the file.
  ///   - length: Bytes written, at least 1.
  ///   - alignment: The block size, such as 4096 or 2 MiB.
  public init(position: Int, length: Int, alignment: Int) {
    precondition(position >= 0, "a position is not negative")
    precondition(length > 0, "an empty write has no geometry")
    precondition(alignment > 0 && alignment & (alignment - 1) == 0, "a power of two")
    head = position & (alignment - 1)
    self.length = length
    let end = position + length
    size = (end + (alignment - 1)) & ~(alignment - 1) - (position - head)
  }

  /// The offset of the first byte after the write.
  public var tailOffset: Int { head + length }
  /// Bytes after the write.
  public var tail: Int { size - tailOffset }
  /// Whether the write covers its blocks, so that there is no edge.
  ///
  /// A fault then takes the whole
  /// range from the source.
  public var copiesAll: Bool { head == 0 && tail == 0 }
  /// Bytes outside the write.
  public var edgeByteCount: Int { size - length }
}
