internal import CHost
internal import CPersist

/// What lies under the blocks a write is about to replace.
@safe public enum EdgeSource {
  /// Data, as many bytes as the blocks have. They may fault. Safety: the range stays mapped.
  @unsafe case mapped(UnsafeRawBufferPointer)
  /// No blocks: the edges are zeros.
  case hole
  /// Blocks never written, with stale bytes nobody may see: the edges are zeros.
  case unwritten
}

/// Why an edge copy stopped.
///
/// The target is then unpublished.
public enum EdgeCopyError: Error, Equatable {
  /// The source could not be read; so many bytes of the edge (or block) were not copied.
  case sourceFault(residue: Int)
  /// The user's data could not be read beyond `written` bytes.
  ///
  /// In the strict profile the blocks up to the last one touched by `written` are complete and may
  /// be published; in the upstream profile the rest of that block is stale (hazard H1).
  case shortData(written: Int)

  /// The errno of the operation: EIO, or EFAULT where nothing was written, or nil for a short
  /// count.
  public var errno: Int32? {
    switch self {
    case .sourceFault: 5
    case .shortData(let written): written == 0 ? 14 : nil
    }
  }
}

/// What an edge copy did, in exact counts.
public struct EdgeCounts: Equatable, Sendable {
  /// Bytes copied from the source.
  public var copied = 0
  /// Bytes zeroed.
  public var zeroed = 0
  /// Bytes of user data stored.
  public var written = 0
  /// Cache lines written back.
  public var flushedLines = 0
}

/// Fills freshly allocated blocks around a write, checked, and alive after a fault in its inputs.
///
/// The measured routines do the same without checks; this is the operation a file system model
/// stands on.
public struct EdgeCopy: Sendable {
  /// Which hazards are kept.
  public enum Profile: Sendable {
    /// None: every byte outside the write equals the source, bytes about to be overwritten are not
    /// copied, and all of the blocks is written back.
    case strict
    /// As fsdax does it: H1 (short data leaves stale bytes), H3 (copied edges are not written back)
    /// and H8 (an aligned write copies the block it overwrites).
    case upstream
  }

  /// The bytes involved.
  public let geometry: EdgeGeometry
  /// Which hazards are kept.
  public let profile: Profile
  /// The block size the geometry was made with.
  public let alignment: Int

  /// An edge copy for one write.
  ///
  /// - Parameters:
  ///   - geometry: The geometry of the write.
  ///   - alignment: The alignment it was made with.
  ///   - profile: Which hazards are kept.
  public init(_ geometry: EdgeGeometry, alignment: Int, profile: Profile = .strict) {
    precondition(geometry.size % alignment == 0, "the alignment of the geometry")
    self.geometry = geometry
    self.alignment = alignment
    self.profile = profile
  }

  /// Fills the blocks for write(2): edges from the source, then the user's data, written back and
  /// fenced.
  ///
  /// Traps where a range has another size than the geometry says, where the target does not start
  /// a cache line, and where source and target overlap.
  ///
  /// - Parameters:
  ///   - target: The new blocks, `geometry.size` bytes.
  ///   - source: What they replace.
  ///   - data: The user's bytes, `geometry.length` of them; they may fault.
  /// - Returns: What was done.
  /// - Throws: `EdgeCopyError`.
  @unsafe public func write(
    _ target: UnsafeMutableRawBufferPointer, over source: EdgeSource,
    data: UnsafeRawBufferPointer
  ) throws(EdgeCopyError) -> EdgeCounts {
    unsafe check(target, source)
    precondition(data.count == geometry.length, "as many data bytes as the write has")
    var counts = EdgeCounts()
    if geometry.copiesAll {
      if profile == .upstream { unsafe try fill(target, source, 0..<geometry.size, &counts) }
    } else {
      unsafe try fill(target, source, 0..<geometry.head, &counts)
      unsafe try fill(target, source, geometry.tailOffset..<geometry.size, &counts)
    }
    let residue = unsafe guarded(target, geometry.head, data, 0, geometry.length)
    counts.written = geometry.length - residue
    if residue > 0 {
      if profile == .strict && counts.written > 0 {
        let end = geometry.head + counts.written
        let blockEnd = min((end + alignment - 1) & ~(alignment - 1), geometry.tailOffset)
        unsafe try fill(target, source, end..<max(end, blockEnd), &counts)
        unsafe flush(target, 0..<geometry.size, &counts)
      }
      throw .shortData(written: counts.written)
    }
    if profile == .strict || counts.zeroed > 0 {
      unsafe flush(target, 0..<geometry.size, &counts)
    } else {
      unsafe flush(target, geometry.head..<geometry.tailOffset, &counts)
    }
    return counts
  }

  /// Fills the blocks for a page fault: all of them from the source.
  ///
  /// Zeros are written back, and in the strict profile copied bytes too. Traps as `write` does, and
  /// where the geometry has edges.
  ///
  /// - Parameters:
  ///   - target: The new blocks, `geometry.size` bytes.
  ///   - source: What they replace.
  /// - Returns: What was done.
  /// - Throws: `EdgeCopyError.sourceFault`.
  @unsafe public func fault(
    _ target: UnsafeMutableRawBufferPointer, from source: EdgeSource
  ) throws(EdgeCopyError) -> EdgeCounts {
    precondition(geometry.copiesAll, "a fault takes whole blocks")
    unsafe check(target, source)
    var counts = EdgeCounts()
    unsafe try fill(target, source, 0..<geometry.size, &counts)
    if profile == .strict || counts.zeroed > 0 {
      unsafe flush(target, 0..<geometry.size, &counts)
    }
    return counts
  }

  private func check(_ target: UnsafeMutableRawBufferPointer, _ source: EdgeSource) {
    precondition(guardedCopy == 0, "the guarded copy could be installed")
    precondition(target.count == geometry.size, "a target of the geometry's size")
    guard let first = target.baseAddress else { preconditionFailure("a target") }
    let start = UInt(bitPattern: first)
    precondition(start % 64 == 0, "a target that starts a cache line")
    guard case .mapped(let old) = source else { return }
    precondition(old.count == geometry.size, "a source of the geometry's size")
    let other = UInt(bitPattern: old.baseAddress)
    precondition(
      start + UInt(geometry.size) <= other || other + UInt(geometry.size) <= start,
      "a source apart from its target")
  }

  private func fill(
    _ target: UnsafeMutableRawBufferPointer, _ source: EdgeSource, _ range: Range<Int>,
    _ counts: inout EdgeCounts
  ) throws(EdgeCopyError) {
    if range.isEmpty { return }
    // SAFETY: `check` holds both buffers to the geometry's size, and ranges stay within it.
    if case .mapped(let old) = source {
      let residue = unsafe guarded(target, range.lowerBound, old, range.lowerBound, range.count)
      counts.copied += range.count - residue
      if residue > 0 { throw .sourceFault(residue: residue) }
    } else {
      for offset in range { unsafe target[offset] = 0 }
      counts.zeroed += range.count
    }
  }

  /// Copies through the guarded copy; returns the bytes not copied.
  private func guarded(
    _ target: UnsafeMutableRawBufferPointer, _ to: Int, _ source: UnsafeRawBufferPointer,
    _ from: Int, _ byteCount: Int
  ) -> Int {
    // SAFETY: callers checked both ranges against their buffers; a fault in the source is survived.
    guard let target = target.baseAddress, let source = source.baseAddress else {
      return byteCount
    }
    return unsafe chost_guarded_copy(target + to, source + from, byteCount)
  }

  private func flush(
    _ target: UnsafeMutableRawBufferPointer, _ range: Range<Int>, _ counts: inout EdgeCounts
  ) {
    guard let first = target.baseAddress else { return }
    // SAFETY: the range lies in the target, and `auto` is available or does nothing.
    if let auto = FlushRoutine.auto { unsafe auto.function(first + range.lowerBound, range.count) }
    cpersist_fence()
    counts.flushedLines += (range.upperBound + 63) / 64 - range.lowerBound / 64
  }
}

extension Routine where Kind == RoutineKind.Flush {
  /// The write-back `auto` stands for, or nil on a CPU that has none.
  static let auto: FlushRoutine? = all().first { $0.name == "auto" && $0.isAvailable }
}
