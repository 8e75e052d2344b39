internal import HotCore

/// The ways bytes move on a device. All ranges lie on it: callers took them from extents, which
/// the volume keeps inside, and asked `access` for poison where the operation must see it.
extension DAXDevice {
  // SAFETY, for all of these: a device byte below `byteCount` is a byte of the arena, which the
  // device owns; the locks of the blocks' owner keep other writers away; user ranges are the
  // caller's promise, and were probed where they may be missing.

  /// User bytes to the device, by the flush-cache copy where the mode asks for one.
  @unsafe @inline(__always)
  func copyFromUser(
    _ target: Int, _ source: UnsafeRawPointer, _ byteCount: Int, _ ledger: LedgerStripe
  ) {
    unsafe routines.fromUser(base + target, source, byteCount)
    ledger.add(.bytesWritten, byteCount)
    if copyMode.contains(.nocache) {
      ledger.add(.linesFlushed, flushCacheLineCount(target: target, byteCount: byteCount))
      ledger.add(.fences)
    }
  }

  /// Device bytes to the user; returns how many arrived before the first poisoned one.
  @unsafe @inline(__always)
  func copyToUser(
    _ target: UnsafeMutableRawPointer, _ source: Int, _ byteCount: Int, _ ledger: LedgerStripe
  ) -> Int {
    let bad = badBlocks.firstByte(in: source..<source + byteCount)
    let readable = bad.map { $0 - source } ?? byteCount
    unsafe routines.plain(target, base + source, readable)
    ledger.add(.bytesRead, readable)
    return readable
  }

  /// Device bytes to the device; poison in the source is EIO and leaves the target undefined.
  @inline(__always)
  func copy(
    _ target: Int, _ source: Int, _ byteCount: Int, isDurable: Bool, counting count: LedgerCount,
    _ ledger: LedgerStripe
  ) throws(Errno) {
    if badBlocks.firstByte(in: source..<source + byteCount) != nil { throw .EIO }
    if isDurable {
      unsafe routines.durable(base + target, base + source, byteCount)
      ledger.add(.bytesStreamed, byteCount)
      ledger.add(.fences)
    } else {
      unsafe routines.plain(base + target, base + source, byteCount)
    }
    ledger.add(count, byteCount)
  }

  /// A block of the device around user data, every line once and fenced.
  ///
  /// `source` nil makes the edges zeros. Poison in the edges is EIO; poison under the data is not
  /// read. The whole user range is readable.
  @unsafe @inline(__always)
  func copyAround(
    _ target: Int, source: Int?, data: UnsafeRawPointer, _ geometry: EdgeGeometry,
    _ ledger: LedgerStripe
  ) throws(Errno) {
    if let source, !badBlocks.isEmpty { try checkEdges(source, geometry) }
    if geometry.copiesAll {
      unsafe routines.durable(base + target, data, geometry.size)
    } else if let source {
      unsafe routines.edges(
        base + target, base + source, data, geometry.head, geometry.length, geometry.size)
    } else {
      unsafe routines.edges(
        base + target, nil, data, geometry.head, geometry.length, geometry.size)
    }
    ledger.add(source == nil ? .edgeBytesZeroed : .edgeBytesCopied, geometry.edgeByteCount)
    ledger.add(.bytesWritten, geometry.length)
    ledger.add(.bytesStreamed, geometry.size)
    ledger.add(.fences)
  }

  private func checkEdges(_ source: Int, _ geometry: EdgeGeometry) throws(Errno) {
    let edges = [
      source..<source + geometry.head, source + geometry.tailOffset..<source + geometry.size,
    ]
    for edge in edges where badBlocks.firstByte(in: edge) != nil { throw .EIO }
  }

  /// Zeros in the cache, to be flushed by the caller.
  func zero(_ target: Int, _ byteCount: Int, counting count: LedgerCount, _ ledger: LedgerStripe) {
    unsafe routines.zero(base + target, byteCount)
    ledger.add(count, byteCount)
  }

  /// Whole pages of zeros, written back; heals their poison first.
  func zeroPages(
    _ page: Int, count: Int, counting counter: LedgerCount, _ ledger: LedgerStripe
  ) throws(Errno) {
    guard isAlive else { throw .ENXIO }
    let bytes = page << Self.pageShift..<(page + count) << Self.pageShift
    if badBlocks.firstByte(in: bytes) != nil, !clearPoison(bytes) { throw .EIO }
    unsafe routines.zeroPages(base + bytes.lowerBound, bytes.count)
    ledger.add(counter, bytes.count)
    ledger.add(.bytesStreamed, bytes.count)
    ledger.add(.fences)
  }

  /// Writes lines back where the device has a write cache; the fence is the caller's.
  @inline(__always)
  func flush(_ target: Int, _ byteCount: Int, _ ledger: LedgerStripe) {
    guard copyMode.contains(.writeCache), byteCount > 0 else { return }
    unsafe routines.flush(base + target, byteCount)
    ledger.add(.linesFlushed, (target + byteCount + 63) >> 6 - target >> 6)
  }

  /// Orders what was flushed before what is stored later.
  func order(_ ledger: LedgerStripe) {
    fence()
    ledger.add(.fences)
  }
}
