public import FSDAX
public import Plan

/// Carries out traces on the model of FSDAX: a volume of its own, strict, with the rules of a
/// personality.
public final class ModelExecutor: TraceExecutor {
  let volume: Volume
  /// A second filesystem, for files that cannot share blocks with those of the first.
  let otherVolume: Volume
  var files: [String: File] = [:]
  /// RLIMIT_FSIZE of clones and dedupes, or nil for none.
  var limit: Int?
  /// Whether permissions do not bind who asks for them.
  var isAdministrator = true

  /// Pages of the mapping that a file has for loads and stores.
  static let mappedPageCount = 600
  /// Bytes of the device, unless somebody asks for another: as much as any trace fills.
  public static let deviceByteCount = 64 << 20

  /// A file by its name in the trace.
  struct File {
    var open: OpenFile
    var area: VirtualArea?
    var isRegular = true
    /// The counts of changes when they were last asked for, by the verb that asks.
    var seenChanges: [TraceVerb: Int] = [:]
  }

  /// A model with no file.
  ///
  /// - Parameters:
  ///   - personality: Whose rules it follows.
  ///   - byteCount: Bytes of the device.
  /// - Throws: `FSDAXError` with ENOMEM.
  public init(_ personality: Personality, byteCount: Int = deviceByteCount) throws(FSDAXError) {
    var options = VolumeOptions(byteCount: byteCount)
    options.personality = personality
    // Of this kernel on a machine with 4 KiB pages.
    options.maximumFileByteCount = Int.max
    volume = try Volume(options)
    options.device.byteCount = 1 << 20
    otherVolume = try Volume(options)
  }

  /// Carries out a step.
  public func run(_ step: TraceStep) -> StepOutcome {
    do throws(FSDAXError) {
      return try carryOut(step)
    } catch {
      return StepOutcome(.error(error.errno.rawValue))
    }
  }

  /// The regular files of the first volume, and their sizes.
  public func sizes() -> [String: Int] {
    var sizes: [String: Int] = [:]
    for (name, file) in files where file.isRegular && file.open.volume === volume {
      if let size = try? volume.size(of: file.open.file) { sizes[name] = size }
    }
    return sizes
  }

  /// Reads bytes of a file.
  @unsafe public func read(
    _ file: String, at position: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int? {
    guard let file = files[file] else { return nil }
    // SAFETY: the buffer is the caller's for the call.
    return try? unsafe volume.read(file.open.file, at: position, into: buffer)
  }

  /// Where the blocks of a file lie.
  public func extents(of file: String) -> [PlacedExtent]? {
    guard let file = files[file], let extents = try? volume.extents(of: file.open.file) else {
      return nil
    }
    return extents.map {
      PlacedExtent(
        position: $0.position, deviceByte: $0.deviceByte, byteCount: $0.byteCount,
        state: $0.isWritten ? .data : .unwritten)
    }
  }

  /// What the kernel did and the model did not, with the same bytes before and after.
  public func force(_ step: TraceStep) {
    guard let file = files[step.file]?.open else { return }
    let (position, byteCount) = step.range
    switch step.verb {
    case .write, .allocate: _ = run(step)
    case .unshare: try? volume.unshare(file.file, at: position, byteCount: byteCount)
    case .dedupe, .clone: share(step, file)
    default: break
    }
  }

  /// A dedupe or clone, by a clone: what ends inside a block ends in front of it unless both files
  /// do.
  private func share(_ step: TraceStep, _ source: OpenFile) {
    guard let target = files[step.files[1]]?.open,
      let sourceSize = try? volume.size(of: source.file),
      let targetSize = try? volume.size(of: target.file)
    else { return }
    let position = step.range.position
    var byteCount = step.range.byteCount
    let isToBothEnds =
      position + byteCount == sourceSize && step.targetPosition + byteCount == targetSize
    if !isToBothEnds { byteCount &= ~4095 }
    if byteCount == 0 { return }
    _ = try? volume.clone(
      from: source, at: position, byteCount: byteCount, to: target, at: step.targetPosition,
      canShorten: true)
  }
}
