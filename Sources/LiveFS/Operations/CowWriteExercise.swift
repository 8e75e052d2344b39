internal import Glibc
internal import HotCore

/// How a live write reaches the file.
public enum LiveWriteMode: String, CaseIterable, Sendable {
  /// Into the page cache; the copy of the block is made at write-back, timed apart as a sync.
  case buffered
  /// Past the page cache.
  case direct
  /// Durable before it returns, with the device flush inside.
  case dataSync = "data-sync"
}

/// Writes into shared extents: the filesystem must give each block a copy of its own.
///
/// `cow-edge` is a write of less than a block, `cow-block` one of whole blocks. Each call writes in
/// a place of its own, so that each meets a shared block.
public final class CowWriteExercise: LiveExercise {
  /// Calls that one rearming is good for.
  public let callLimit: Int
  private let pair: LivePair
  private let writer: LiveFile
  private let payload: LiveBytes
  private let stride: Int
  private let offset: Int
  private let mode: LiveWriteMode
  private var written = 0

  /// Makes the files.
  ///
  /// - Parameters:
  ///   - target: where.
  ///   - byteCount: bytes of a write: 512 for an edge, 4096 or 1 MiB for blocks.
  ///   - position: byte of its first block that a write begins at; nil for the first one of blocks,
  ///     and for one off every boundary but that of direct I/O of an edge.
  ///   - mode: how it reaches the file.
  /// - Throws: `FaultError`.
  public init(
    _ target: LiveTarget, byteCount: Int, position: Int? = nil, mode: LiveWriteMode
  ) throws(FaultError) {
    try target.require(.reflink)
    let block = target.filesystem.blockByteCount
    guard byteCount > 0, byteCount <= 64 << 20, (0..<block).contains(position ?? 0) else {
      throw .unavailable(reason: "a write of \(byteCount) bytes is none")
    }
    let isEdge = byteCount % block != 0
    let alignment = mode == .direct ? target.directAlignment : 1
    let offset = position ?? (isEdge ? (mode == .direct ? alignment : 100) : 0)
    if mode == .direct {
      try target.require(.direct)
      guard byteCount % alignment == 0, offset % alignment == 0,
        offset + byteCount <= block || !isEdge
      else {
        throw .unavailable(
          reason: "a direct write to shared blocks is aligned to \(alignment) bytes here; "
            + "a smaller one goes through the page cache")
      }
    }
    stride = (offset + byteCount + block - 1) / block * block
    // Small calls too last some milliseconds together; those that wait for the device do anyhow.
    callLimit = max(min(mode == .dataSync ? 256 : 4096, (16 << 20) / stride), 4)
    let pair = try LivePair(target, byteCount: stride * callLimit)
    try exercising { () throws(LiveError) in try pair.fillSource() }
    writer = try exercising { () throws(LiveError) in
      let flags: LiveFile.Mode =
        switch mode {
        case .buffered: [.write]
        case .direct: [.write, .direct]
        case .dataSync: [.write, .dataSync]
        }
      return try LiveFile(pair.target.path, flags)
    }
    self.pair = pair
    self.mode = mode
    self.offset = offset
    payload = LiveBytes(count: byteCount, seed: 0xED6E)
  }

  /// Shares every block anew, reads the target into the cache, and proves the sharing.
  public func rearm() throws(FaultError) {
    written = 0
    try exercising { () throws(LiveError) in
      try pair.share()
      // A direct write first throws away what the cache has of its range; there is nothing.
      if mode == .direct {
        try pair.target.dropCache()
      } else {
        try pair.warm(pair.target, at: 0, byteCount: pair.byteCount)
      }
    }
    let shared = try exercising { () throws(LiveError) in
      try pair.target.sharedByteCount(at: 0, byteCount: pair.byteCount)
    }
    guard shared == pair.byteCount else {
      throw .failed(reason: "\(shared) of \(pair.byteCount) bytes are shared before the writes")
    }
  }

  /// Writes once in each of the first places.
  public func run(calls: Int) throws(FaultError) -> LiveMeasurement {
    precondition(calls > 0 && calls <= callLimit && written == 0, "rearmed, and within the limit")
    return try exercising { () throws(LiveError) in
      var found = LiveMeasurement()
      try pair.note(&found, byteCount: calls * stride)
      if mode != .direct && found.targetResidentByteCount < calls * stride {
        found.invalid = LiveMeasurement.residencyLost
      }
      var meter = LiveMeter(found: found)
      // SAFETY: the payload lives as long as this object.
      let bytes = unsafe payload.all
      var short = 0
      meter.start()
      for call in 0..<calls {
        let count = try unsafe writer.write(bytes, at: call * stride + offset)
        short |= count ^ bytes.count
      }
      meter.stop(calls: calls)
      if short != 0 { throw LiveError(call: "pwrite", errno: ENOSPC, path: writer.path) }
      written = calls
      if mode != .dataSync { try meter.sync(pair.target) }
      var measured = meter.measured
      measured.byteCount = calls * payload.count
      return measured
    }
  }

  /// Checks that the writes arrived, the source has its bytes, and written blocks are shared no
  /// more while the others are.
  public func verify() throws(FaultError) {
    let places = (0..<written).map { $0 * stride + offset }
    try pair.check(pair.source, "source")
    try pair.check(pair.target, "target", other: payload, at: places)
    let (touched, rest) = try exercising { () throws(LiveError) in
      let end = written * stride
      return (
        try pair.target.sharedByteCount(at: 0, byteCount: end),
        try pair.target.sharedByteCount(at: end, byteCount: pair.byteCount - end)
      )
    }
    guard touched == 0 else {
      throw .failed(reason: "\(touched) written bytes still share their blocks")
    }
    // btrfs and XFS may copy a little more than a block around a write, never the next stride.
    guard written == callLimit || rest > 0 else {
      throw .failed(reason: "blocks that nobody wrote are shared no more")
    }
  }
}
