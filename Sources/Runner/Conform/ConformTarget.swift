internal import FSDAX
internal import LiveFS
public import Plan

/// The filesystem that the model is held against.
public struct ConformTarget: Sendable {
  /// A folder on it.
  public let path: String
  /// Its type, such as `xfs`.
  public let type: String
  /// Whose rules the model follows.
  public let personality: String
  private let rules: Personality

  /// Looks at a folder's filesystem.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - personality: Whose rules the model follows, or `auto` to follow the filesystem's type.
  /// - Throws: `ConformError` with a sentence, where the model cannot be held against it.
  public init(_ path: String, personality: String = "auto") throws(ConformError) {
    guard let filesystem = try? Filesystem.identify(path) else {
      throw ConformError("There is no folder '\(path)' that could be looked at.")
    }
    guard filesystem.blockByteCount == 4096 else {
      throw ConformError(
        "The filesystem of '\(path)' has blocks of \(filesystem.blockByteCount) bytes; "
          + "the model has 4096.")
    }
    guard
      let found = Personality(
        rawValue: personality == "auto" ? filesystem.type : personality)
    else {
      throw ConformError(
        "The model has no personality for \(filesystem.type), the filesystem of '\(path)'; "
          + "it has xfs and btrfs.")
    }
    self.path = path
    type = filesystem.type
    rules = found
    self.personality = found.rawValue
    try probe()
  }

  /// The two sides of an episode, without files.
  ///
  /// - Returns: The model and the filesystem.
  /// - Throws: `ConformError` where one cannot be made.
  public func sides() throws(ConformError) -> (model: any TraceExecutor, live: any TraceExecutor) {
    let model: ModelExecutor
    do throws(FSDAXError) {
      model = try ModelExecutor(rules)
    } catch {
      throw ConformError(error.description)
    }
    do throws(LiveError) {
      return (model, try LiveExecutor(path))
    } catch {
      let kind = TraceDifference.Kind(errno: error.errno)
      throw ConformError(kind.flatMap { sentence($0, error.call) } ?? error.description)
    }
  }

  /// Why a difference says nothing about the model, and what to do.
  ///
  /// - Parameter difference: Where the sides part.
  /// - Returns: A sentence, or nil where the filesystem is not to blame.
  public func obstacle(in difference: TraceDifference) -> String? {
    sentence(difference.kind, difference.description)
  }

  private func sentence(_ kind: TraceDifference.Kind, _ place: String) -> String? {
    let room = "make room for \(ModelExecutor.deviceByteCount >> 20) MiB"
    let cure: String
    switch kind {
    case .full: cure = "is full (\(place)); \(room) there"
    case .quota: cure = "has no quota left (\(place)); \(room) in it"
    case .readOnly: cure = "is read-only (\(place)); mount it for writing"
    case .gone: cure = "or a folder in it has gone away during the run (\(place)); bring it back"
    default: return nil
    }
    return "The filesystem of '\(path)' \(cure), or name another --target."
  }

  /// Why a trace cannot be run here, or nil.
  ///
  /// - Parameter trace: The trace.
  /// - Returns: A sentence without its subject and full stop, such as `is for blocks of 512 bytes`.
  public func obstacle(to trace: Trace) -> String? {
    if trace.blockByteCount == 4096 { return nil }
    return "is a trace for blocks of \(trace.blockByteCount) bytes; the model and '\(path)' have "
      + "4096"
  }

  /// A clone, before thousands of steps differ for the want of it.
  private func probe() throws(ConformError) {
    let live = try sides().live
    let steps = [
      TraceStep(.open, ["a"]), TraceStep(.open, ["b"]), TraceStep(.write, ["a"], [0, 4096, 1]),
      TraceStep(.cloneWhole, ["a", "b"]),
    ]
    for step in steps {
      switch live.run(step).result {
      case .count: continue
      case .error(95), .error(25):
        throw ConformError("\(type), the filesystem of '\(path)', does not clone files here.")
      case let result:
        var kind: TraceDifference.Kind?
        if case .error(let number) = result { kind = TraceDifference.Kind(errno: number) }
        throw ConformError(
          kind.flatMap { sentence($0, "\(step)") }
            ?? "A first '\(step)' in '\(path)' failed: \(result).")
      }
    }
  }
}

/// Why the model cannot be held against a filesystem.
public struct ConformError: Error, Sendable, CustomStringConvertible {
  /// A sentence.
  public let description: String

  /// An error of a sentence.
  public init(_ description: String) { self.description = description }
}
