internal import HotCore

/// What a comparison finds in one extent of each side.
private enum RunContent {
  /// No blocks.
  case hole
  /// Zeros, whatever the medium holds.
  case zeros
  /// The device byte of the data.
  case data(Int)
}

extension Volume {
  /// How many bytes at the cursors are equal, of a run inside one mapping on both sides.
  func equalPrefix(
    _ source: borrowing IomapIterator, _ target: borrowing IomapIterator, _ run: UInt64,
    _ rule: CompareRule, _ ledger: LedgerStripe
  ) throws(Errno) -> UInt64 {
    let left = try content(source.mappings.target, source.position, rule)
    let right = try content(target.mappings.target, target.position, rule)
    switch (left, right) {
    case (.data(let first), .data(let second)):
      return UInt64(try equalBytes(first, second, Int(run), ledger))
    case (.hole, .hole), (.zeros, .zeros):
      return run
    case (.hole, .zeros), (.zeros, .hole):
      return options.comparesHolesAsZeros ? run : 0
    case (.hole, .data(let byte)), (.data(let byte), .hole):
      return options.comparesHolesAsZeros ? UInt64(try zeroBytes(byte, Int(run), ledger)) : 0
    case (.zeros, .data(let byte)), (.data(let byte), .zeros):
      return UInt64(try zeroBytes(byte, Int(run), ledger))
    }
  }

  private func content(
    _ mapping: Mapping, _ position: UInt64, _ rule: CompareRule
  ) throws(Errno) -> RunContent {
    switch (mapping.type, rule) {
    case (.mapped, _):
      return .data(Int(mapping.deviceByte(at: position)))
    case (.unwritten, .extents) where profile.has(.compareUnwrittenMedia):
      return .data(Int(mapping.deviceByte(at: position)))
    case (.hole, .extents):
      return .hole
    case (.unwritten, _), (.hole, .pages), (.delayedAllocation, .pages):
      return .zeros
    case (.delayedAllocation, .extents), (.inline, _):
      throw .EIO
    }
  }

  /// The equal prefix of two device ranges, by one call for all of it.
  private func equalBytes(
    _ left: Int, _ right: Int, _ byteCount: Int, _ ledger: LedgerStripe
  ) throws(Errno) -> Int {
    let readable = try readable(left, right, byteCount)
    // SAFETY: both ranges are blocks of extents, which lie on the device; the locks of both files
    // keep writers away.
    let same = unsafe device.routines.compare(
      device.base + left, device.base + right, readable)
    count(same, of: readable, ledger)
    if same == readable, readable < byteCount { throw .EIO }
    return same
  }

  /// How many bytes at a device byte are zero.
  private func zeroBytes(
    _ byte: Int, _ byteCount: Int, _ ledger: LedgerStripe
  ) throws(Errno) -> Int {
    let readable = try readable(byte, byte, byteCount)
    var zeros = 0
    // SAFETY: as in `equalBytes`. Bytes that equal their neighbour, from a zero on, are zeros.
    if readable > 0, unsafe device.base.load(fromByteOffset: byte, as: UInt8.self) == 0 {
      let start = unsafe device.base + byte
      zeros = unsafe 1 + device.routines.compare(start, start + 1, readable - 1)
    }
    count(zeros, of: readable, ledger)
    if zeros == readable, readable < byteCount { throw .EIO }
    return zeros
  }

  private func count(_ same: Int, of byteCount: Int, _ ledger: LedgerStripe) {
    let page = DAXDevice.pageByteCount
    ledger.add(.compareCalls)
    ledger.add(.bytesCompared, min((same / page + 1) * page, byteCount))
  }

  /// The bytes before the first poisoned one on either side; EIO from a device that is gone.
  ///
  /// Today's kernel asks for the address of the whole run first, so any poison in it is an error.
  private func readable(_ left: Int, _ right: Int, _ byteCount: Int) throws(Errno) -> Int {
    guard device.isAlive else { throw .EIO }
    if device.badBlocks.isEmpty { return byteCount }
    let bad = [left, right].compactMap { start in
      device.badBlocks.firstByte(in: start..<start + byteCount).map { $0 - start }
    }
    guard let first = bad.min() else { return byteCount }
    if profile.has(.compareErrorIsSame) { throw .EIO }
    return first
  }
}
