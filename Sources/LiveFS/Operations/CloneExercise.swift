internal import HotCore

/// Clones: each call shares blocks with a file that had none of them.
public final class CloneExercise: LiveExercise {
  /// Calls that one rearming is good for.
  public let callLimit = 32
  private let pair: LivePair
  private let isWhole: Bool
  private var targets: [String] = []
  private var done = 0

  /// Makes the files.
  ///
  /// - Parameters:
  ///   - target: where.
  ///   - byteCount: bytes of the source, one extent.
  ///   - isWhole: whether a call clones the whole file, with FICLONE into an empty one, or a range
  ///     into one place of a large target, with FICLONERANGE.
  /// - Throws: `FaultError`.
  public init(_ target: LiveTarget, byteCount: Int, isWhole: Bool) throws(FaultError) {
    try target.require(.reflink)
    guard byteCount > 0, byteCount <= 64 << 20,
      byteCount % target.filesystem.blockByteCount == 0
    else {
      throw .unavailable(reason: "a clone is of whole blocks, at most 64 MiB")
    }
    self.isWhole = isWhole
    pair = try LivePair(target, byteCount: byteCount)
    try exercising { () throws(LiveError) in try pair.fillSource() }
    targets = (0..<callLimit).map { "\(pair.path)/clone-\($0)" }
  }

  /// Empties the targets.
  public func rearm() throws(FaultError) {
    done = 0
    try exercising { () throws(LiveError) in
      if isWhole {
        for path in targets { _ = try LiveFile(path, [.write, .create, .truncate]) }
      } else {
        try pair.target.truncate(to: 0)
      }
      try pair.source.syncFilesystem()
    }
  }

  /// Clones so many times.
  public func run(calls: Int) throws(FaultError) -> LiveMeasurement {
    precondition(calls > 0 && calls <= callLimit && done == 0, "rearmed, and within the limit")
    return try exercising { () throws(LiveError) in
      var meter = LiveMeter()
      if isWhole {
        for path in targets[..<calls] {
          let file = try LiveFile(path, [.read, .write])
          meter.start()
          try file.clone(from: pair.source)
          meter.stop(calls: 1)
        }
      } else {
        let byteCount = pair.byteCount
        meter.start()
        for call in 0..<calls {
          try pair.target.clone(
            from: pair.source, at: 0, byteCount: byteCount, to: call * byteCount)
        }
        meter.stop(calls: calls)
      }
      done = calls
      try meter.sync(pair.target, wholeFilesystem: isWhole)
      var measured = meter.measured
      measured.byteCount = calls * pair.byteCount
      measured.sourceResidentByteCount = try pair.source.residentByteCount(
        at: 0, byteCount: pair.byteCount)
      return measured
    }
  }

  /// Checks that every clone holds the source's bytes in blocks that are shared.
  public func verify() throws(FaultError) {
    try pair.check(pair.source, "source")
    let byteCount = pair.byteCount
    for call in 0..<done {
      let shared: Int
      if isWhole {
        let path = targets[call]
        let file = try exercising { () throws(LiveError) in try LiveFile(path, [.read, .write]) }
        try pair.check(file, "clone")
        shared = try exercising { () throws(LiveError) in
          try file.sharedByteCount(at: 0, byteCount: byteCount)
        }
      } else {
        shared = try exercising { () throws(LiveError) in
          try pair.target.sharedByteCount(at: call * byteCount, byteCount: byteCount)
        }
      }
      guard shared == byteCount else {
        throw .failed(reason: "clone \(call) shares \(shared) of \(byteCount) bytes")
      }
    }
    // The first of the ranges; the others share its very blocks.
    if !isWhole { try pair.check(pair.target, "clone") }
  }
}

/// Unsharing: each call gives a shared range blocks of its own.
public final class UnshareExercise: LiveExercise {
  /// Calls that one rearming is good for.
  public let callLimit: Int
  private let pair: LivePair
  private let byteCount: Int
  private var done = 0

  /// Makes the files.
  ///
  /// - Parameters:
  ///   - target: where.
  ///   - byteCount: bytes of a range, whole blocks.
  /// - Throws: `FaultError`.
  public init(_ target: LiveTarget, byteCount: Int) throws(FaultError) {
    try target.require(.reflink)
    try target.require(.unshare)
    guard byteCount > 0, byteCount <= 16 << 20,
      byteCount % target.filesystem.blockByteCount == 0
    else {
      throw .unavailable(reason: "unsharing is of whole blocks, at most 16 MiB")
    }
    self.byteCount = byteCount
    callLimit = max(min(64, (16 << 20) / byteCount), 4)
    pair = try LivePair(target, byteCount: byteCount * callLimit)
    try exercising { () throws(LiveError) in try pair.fillSource() }
  }

  /// Shares every block anew and reads the target in.
  public func rearm() throws(FaultError) {
    done = 0
    let shared = try exercising { () throws(LiveError) in
      try pair.share()
      try pair.warm(pair.target, at: 0, byteCount: pair.byteCount)
      return try pair.target.sharedByteCount(at: 0, byteCount: pair.byteCount)
    }
    guard shared == pair.byteCount else {
      throw .failed(reason: "\(shared) of \(pair.byteCount) bytes are shared before unsharing")
    }
  }

  /// Unshares each of the first ranges.
  public func run(calls: Int) throws(FaultError) -> LiveMeasurement {
    precondition(calls > 0 && calls <= callLimit && done == 0, "rearmed, and within the limit")
    return try exercising { () throws(LiveError) in
      var found = LiveMeasurement()
      try pair.note(&found, byteCount: calls * byteCount)
      if found.targetResidentByteCount < calls * byteCount {
        found.invalid = LiveMeasurement.residencyLost
      }
      var meter = LiveMeter(found: found)
      meter.start()
      for call in 0..<calls {
        try pair.target.allocate(
          .unshare, at: call * byteCount, byteCount: byteCount, keepsSize: false)
      }
      meter.stop(calls: calls)
      done = calls
      try meter.sync(pair.target)
      var measured = meter.measured
      measured.byteCount = calls * byteCount
      return measured
    }
  }

  /// Checks that no byte changed and no range of the run is shared any more.
  public func verify() throws(FaultError) {
    try pair.check(pair.source, "source")
    try pair.check(pair.target, "target")
    let shared = try exercising { () throws(LiveError) in
      try pair.target.sharedByteCount(at: 0, byteCount: done * byteCount)
    }
    guard shared == 0 else {
      throw .failed(reason: "\(shared) of \(done * byteCount) bytes are still shared")
    }
  }
}
