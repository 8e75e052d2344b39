internal import HotCore

/// What the bytes around a write are taken from.
enum OldBlock {
  /// The device byte of the source's first page.
  case data(Int)
  /// A hole or unwritten blocks: zeros.
  case zeros

  /// The source of a mapping pair at the page of a position.
  init(_ mappings: MappingPair, page position: UInt64) {
    if mappings.hasZeroEdges {
      self = .zeros
    } else {
      self = .data(Int(mappings.sourceMap.deviceByte(at: position)))
    }
  }

  fileprivate var deviceByte: Int? {
    if case .data(let byte) = self { byte } else { nil }
  }
}

extension Volume {
  /// The hazards that make a copy-on-write more than one pass over the block.
  private static let separatePasses: Hazards = [
    .staleAfterShortCopy, .unflushedEdges, .copyBeforeOverwrite,
  ]

  /// Fills the blocks of a copy-on-write: edges from the old block, then the user's bytes.
  ///
  /// Without hazards the user's readable bytes decide the geometry, and every line is stored once.
  /// With them the edges are those of the write that was asked for. Source: specification,
  /// sections 2.3 and 3.2.
  ///
  /// - Parameters:
  ///   - target: The device byte of the first page written.
  ///   - old: What is there until now.
  ///   - data: The user's bytes.
  ///   - asked: The geometry of the bytes asked for.
  ///   - readable: How many of them can be read; positive.
  ///   - ledger: Counts.
  /// - Throws: EIO where the source is poisoned; the blocks are then undefined, and unpublished.
  /// - Safety: `data` has `readable` readable bytes.
  @unsafe @inline(__always)
  func copyAround(
    _ target: Int, _ old: OldBlock, data: UnsafeRawPointer, asked: EdgeGeometry, readable: Int,
    _ ledger: LedgerStripe
  ) throws(Errno) {
    precondition(old.deviceByte != target, "a block is no copy of itself")
    // SAFETY: the caller's promise; both geometries lie in the pages of the mapping.
    if profile.hazards.isDisjoint(with: Self.separatePasses) {
      let isWhole = readable == asked.length
      let geometry =
        isWhole
        ? asked
        : EdgeGeometry(
          position: asked.head, length: readable, alignment: DAXDevice.pageByteCount)
      try unsafe device.copyAround(
        target, source: old.deviceByte, data: data, geometry, ledger)
    } else {
      let isShort = readable < asked.length && !profile.has(.staleAfterShortCopy)
      let geometry =
        isShort
        ? EdgeGeometry(
          position: asked.head, length: readable, alignment: DAXDevice.pageByteCount)
        : asked
      try fillEdges(target, old, geometry, ledger)
      unsafe device.copyFromUser(target + asked.head, data, readable, ledger)
    }
  }

  /// The edges alone, in passes of their own.
  func fillEdges(
    _ target: Int, _ old: OldBlock, _ geometry: EdgeGeometry, _ ledger: LedgerStripe
  ) throws(Errno) {
    precondition(old.deviceByte != target, "a block is no copy of itself")
    let tail = geometry.tailOffset..<geometry.size
    let takesAll = geometry.copiesAll && profile.has(.copyBeforeOverwrite)
    guard case .data(let source) = old else {
      if takesAll {
        device.zero(target, geometry.size, counting: .edgeBytesZeroed, ledger)
      } else {
        device.zero(target, geometry.head, counting: .edgeBytesZeroed, ledger)
        device.zero(target + tail.lowerBound, tail.count, counting: .edgeBytesZeroed, ledger)
      }
      if takesAll || !geometry.copiesAll { device.flush(target, geometry.size, ledger) }
      return
    }
    // The address is asked for the whole of the source, so poison anywhere in it counts; without
    // H8 only what is copied does.
    if profile.has(.copyBeforeOverwrite) {
      guard device.badBlocks.firstByte(in: source..<source + geometry.size) == nil else {
        throw .EIO
      }
    }
    let isDurable = !profile.has(.unflushedEdges)
    if takesAll {
      try device.copy(
        target, source, geometry.size, isDurable: isDurable, counting: .edgeBytesCopied, ledger)
      return
    }
    if geometry.head > 0 {
      try device.copy(
        target, source, geometry.head, isDurable: isDurable, counting: .edgeBytesCopied, ledger)
    }
    if !tail.isEmpty {
      try device.copy(
        target + tail.lowerBound, source + tail.lowerBound, tail.count, isDurable: isDurable,
        counting: .edgeBytesCopied, ledger)
    }
  }
}
