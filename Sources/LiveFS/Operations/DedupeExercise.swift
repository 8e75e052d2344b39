internal import HotCore

/// What a live dedupe finds.
public enum LiveDedupeCase: String, CaseIterable, Sendable {
  /// The same bytes, in blocks of their own.
  case hit
  /// The first byte differs.
  case firstByteMiss = "miss-first"
  /// A byte in the middle differs.
  case middleByteMiss = "miss-middle"
  /// The last byte differs.
  case lastByteMiss = "miss-last"
  /// The same bytes, shared already.
  case alreadyShared = "shared"
}

/// Dedupe of ranges whose residency is known.
///
/// A dedupe that succeeds on XFS drops the target's pages from the cache, and the next one would
/// measure reading them back. So source and target are read in before each call, outside what is
/// timed; `isWarm` false leaves the target where such a loop finds it, to show the difference.
///
/// Three more things are held equal. Each range is written by itself, so that no folio of the page
/// cache reaches into the next range: dropping half of one would first split it. The first
/// dedupe after a sync, which finds nothing of the filesystem's own in its log, is not timed. And
/// a batch counts its middle call, so often as there were calls: an interrupt is not in it.
public final class DedupeExercise: LiveExercise {
  /// Calls that one rearming is good for.
  public let callLimit: Int
  /// Bytes that each call really compares: up to the first one that differs.
  public let comparedByteCount: Int
  private let pair: LivePair
  private let byteCount: Int
  private let result: LiveDedupeCase
  private let isWarm: Bool
  /// The file behind the loop device that the target is on; it would keep what is dropped.
  private let image: String?
  private var done = 0

  /// Makes the files.
  ///
  /// - Parameters:
  ///   - target: where.
  ///   - byteCount: bytes of a request, whole blocks.
  ///   - result: what it finds.
  ///   - isWarm: whether the target's range is read into the cache before each call, as the
  ///     source's is, or dropped from it, and from the cache of the file behind a loop device.
  /// - Throws: `FaultError`.
  public init(
    _ target: LiveTarget, byteCount: Int, result: LiveDedupeCase, isWarm: Bool = true
  ) throws(FaultError) {
    try target.require(.dedupe)
    guard byteCount > 0, byteCount <= 16 << 20,
      byteCount % target.filesystem.blockByteCount == 0
    else {
      throw .unavailable(reason: "a dedupe is of whole blocks, at most 16 MiB")
    }
    self.byteCount = byteCount
    self.result = result
    self.isWarm = isWarm
    image = isWarm ? nil : target.loopFile
    callLimit = max(min(64, (16 << 20) / byteCount), 4)
    comparedByteCount =
      switch result {
      case .firstByteMiss: 1
      case .middleByteMiss: byteCount / 2 + 1
      case .lastByteMiss, .hit, .alreadyShared: byteCount
      }
    pair = try LivePair(target, byteCount: byteCount * (callLimit + 1))
    try exercising { () throws(LiveError) in try pair.fillSource(partByteCount: byteCount) }
  }

  /// The ranges that so many calls dedupe: all but the first, which is not timed.
  private func ranges(_ calls: Int) -> some Sequence<Int> {
    stride(from: byteCount, through: byteCount * calls, by: byteCount)
  }

  /// The byte of each range that differs; nil when none does.
  private var differing: Int? {
    switch result {
    case .firstByteMiss, .middleByteMiss, .lastByteMiss: comparedByteCount - 1
    case .hit, .alreadyShared: nil
    }
  }

  /// The byte that differs, as it stands in the target.
  private func flipped(_ place: Int) -> LiveBytes {
    let bytes = LiveBytes(count: 1, seed: 0)
    // SAFETY: one byte of each, within both.
    unsafe bytes.room[0] = ~pair.contents.all[place]
    return bytes
  }

  /// Gives the target blocks of its own again, or shares them, and reads in what shall be.
  public func rearm() throws(FaultError) {
    // What missed is as it was.
    let isArmed = done > 0 && differing != nil
    done = 0
    try exercising { () throws(LiveError) in
      if result == .alreadyShared {
        try pair.share()
      } else if !isArmed {
        try pair.fillTarget(partByteCount: byteCount)
        if let differing {
          for offset in [0] + ranges(callLimit) {
            let place = offset + differing
            let bytes = flipped(place)
            // SAFETY: the byte lives to the end of the turn.
            try unsafe pair.target.writeAll(bytes.all, at: place)
          }
        }
        try pair.target.syncFilesystem()
      }
      try pair.warm(pair.source, at: 0, byteCount: pair.byteCount)
      if isWarm {
        try pair.warm(pair.target, at: 0, byteCount: pair.byteCount)
      } else {
        try pair.target.dropCache()
        if let image { try LiveFile(image, .read).dropCache() }
      }
    }
    let shared = try exercising { () throws(LiveError) in
      try pair.target.sharedByteCount(at: 0, byteCount: pair.byteCount)
    }
    guard shared == (result == .alreadyShared ? pair.byteCount : 0) else {
      throw .failed(reason: "\(shared) of \(pair.byteCount) bytes are shared before the dedupe")
    }
  }

  /// Dedupes each of the first ranges once.
  public func run(calls: Int) throws(FaultError) -> LiveMeasurement {
    precondition(calls > 0 && calls <= callLimit && done == 0, "rearmed, and within the limit")
    var first = CallMeter()
    var found = LiveMeasurement()
    try dedupe(at: 0, &first, &found)
    var meter = CallMeter()
    found = LiveMeasurement()
    for offset in ranges(calls) { try dedupe(at: offset, &meter, &found) }
    done = calls
    var measured = meter.measured
    measured.byteCount = calls * comparedByteCount
    measured.sourceResidentByteCount = found.sourceResidentByteCount
    measured.targetResidentByteCount = found.targetResidentByteCount
    measured.sharedByteCount = result == .alreadyShared ? calls * byteCount : 0
    let whole = calls * byteCount
    let target = measured.targetResidentByteCount
    if measured.sourceResidentByteCount < whole || (isWarm ? target < whole : target > 0) {
      measured.invalid = LiveMeasurement.residencyLost
    }
    return measured
  }

  private func dedupe(
    at offset: Int, _ meter: inout CallMeter, _ found: inout LiveMeasurement
  ) throws(FaultError) {
    let answer = try exercising { () throws(LiveError) in
      try pair.warm(pair.source, at: offset, byteCount: byteCount)
      if isWarm { try pair.warm(pair.target, at: offset, byteCount: byteCount) }
      found.sourceResidentByteCount += try pair.source.residentByteCount(
        at: offset, byteCount: byteCount)
      found.targetResidentByteCount += try pair.target.residentByteCount(
        at: offset, byteCount: byteCount)
      meter.start()
      let answer = try pair.source.dedupe(
        at: offset, byteCount: byteCount, into: pair.target, at: offset)
      meter.stop()
      return answer
    }
    guard answer == (differing == nil ? .same(byteCount) : .differs) else {
      throw .failed(reason: "dedupe of \(byteCount) bytes at \(offset) answered \(answer)")
    }
  }

  /// Checks that no byte changed, and that the ranges are shared exactly where they should be.
  public func verify() throws(FaultError) {
    try pair.check(pair.source, "source")
    if let differing {
      for offset in [0] + ranges(callLimit) {
        let place = offset + differing
        try pair.checkByte(pair.target, "target", at: place, is: flipped(place))
      }
    } else {
      try pair.check(pair.target, "target")
    }
    let deduped = (done + 1) * byteCount
    let shared = try exercising { () throws(LiveError) in
      try pair.target.sharedByteCount(at: 0, byteCount: deduped)
    }
    guard shared == (differing == nil ? deduped : 0) else {
      throw .failed(reason: "\(shared) of \(deduped) bytes are shared after the dedupe")
    }
  }
}

extension LivePair {
  /// Checks one byte of a file.
  func checkByte(
    _ file: borrowing LiveFile, _ name: String, at place: Int, is expected: borrowing LiveBytes
  ) throws(FaultError) {
    let read = LiveBytes(count: 1, seed: 0)
    let count = try exercising { () throws(LiveError) in
      // SAFETY: one byte of room, used by this call only.
      try unsafe file.readAll(into: read.room, at: place)
    }
    guard count == 1, read.equals(expected, at: 0, from: 0, count: 1) else {
      throw .failed(reason: "the \(name) changed at \(place)")
    }
  }
}
