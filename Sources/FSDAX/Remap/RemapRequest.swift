/// What a clone or dedupe is to do: checked, shortened, then carried out.
struct RemapRequest {
  let source: OpenFile
  let target: OpenFile
  let sourceInode: Inode
  let targetInode: Inode
  /// None of the three is negative, nor is a position with the count added beyond `Int.max`.
  private(set) var sourcePosition: UInt64
  private(set) var targetPosition: UInt64
  /// Bytes; what is left of them while the request is prepared.
  ///
  /// Zero in a clone is to the end.
  var byteCount: UInt64
  let isDedupe: Bool
  /// Whether fewer bytes than asked for are a success.
  let canShorten: Bool

  /// A part of it, by the offsets of its bytes.
  func part(_ offsets: Range<Int>) -> RemapRequest {
    var part = self
    part.sourcePosition += UInt64(offsets.lowerBound)
    part.targetPosition += UInt64(offsets.lowerBound)
    part.byteCount = UInt64(offsets.count)
    return part
  }

  /// The blocks of the target that the request covers.
  var targetBlocks: Range<UInt64> {
    BlockRange(position: targetPosition, byteCount: byteCount).blocks
  }
}

/// EINVAL for a file range that is negative or ends behind what a position can name.
func verifyArea(_ position: Int, _ byteCount: Int) throws(Errno) {
  guard position >= 0, byteCount >= 0, position <= Int.max - byteCount else { throw .EINVAL }
}
