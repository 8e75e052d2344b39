internal import Glibc
internal import HotCore
public import LiveFS
public import Plan

/// Carries out traces on a real filesystem, in a folder of its own that goes with it.
public final class LiveExecutor: TraceExecutor {
  private let place: LiveFolder
  var folder: String { place.path }
  var files: [String: LiveTraceFile] = [:]
  /// RLIMIT_FSIZE of clones and dedupes, or nil for none.
  var limit: Int?
  /// Whether they have what capabilities the process has.
  var isAdministrator = true
  /// Pages of the mapping that a file has for loads and stores, as the model's.
  static let mappedByteCount = ModelExecutor.mappedPageCount << 12
  /// More bytes than one random step takes.
  private static let longestStepByteCount = 4 << 20

  /// A new folder on the filesystem.
  ///
  /// - Parameter target: A folder on the filesystem.
  /// - Throws: `LiveError` where no folder can be made there.
  public init(_ target: String) throws(LiveError) {
    do throws(ArenaError) {
      try GuardedAccess.install()
    } catch {
      throw LiveError(call: "sigaction", errno: error.code, path: target)
    }
    place = try LiveFolder(in: target)
  }

  /// Carries out a step.
  public func run(_ step: TraceStep) -> StepOutcome {
    do throws(LiveError) {
      return try carryOut(step)
    } catch {
      return StepOutcome(.error(error.errno))
    }
  }

  /// The regular files of the folder, and their sizes.
  public func sizes() -> [String: Int] {
    var sizes: [String: Int] = [:]
    for (name, file) in files where file.isInFolder && file.kind == .regular {
      if let size = try? file.file.byteCount() { sizes[name] = size }
    }
    return sizes
  }

  /// Reads bytes of a file.
  @unsafe public func read(
    _ file: String, at position: Int, into buffer: UnsafeMutableRawBufferPointer
  ) -> Int? {
    guard let file = files[file] else { return nil }
    // SAFETY: the buffer is the caller's for the call.
    return try? unsafe file.file.readAll(into: buffer, at: position)
  }

  /// Where the bytes of a file lie.
  public func extents(of file: String) -> [PlacedExtent]? {
    guard let file = files[file], (try? file.file.sync()) != nil,
      let extents = try? file.file.extents()
    else { return nil }
    return extents.map {
      PlacedExtent(
        position: $0.logical, deviceByte: $0.physical, byteCount: $0.byteCount,
        state: Self.state($0.flags))
    }
  }

  static func state(_ flags: FileExtent.Flags) -> PlacedExtent.State {
    if flags.contains(.inline) { return .inline }
    if flags.contains(.unwritten) { return .unwritten }
    return flags.contains(.encoded) ? .encoded : .data
  }

  /// Nothing: this side is the one that others follow.
  public func force(_ step: TraceStep) {}

  /// The error of reserving as much as the longest step takes.
  public func refusal() -> Int32? {
    // No file of a trace has a capital in its name.
    let path = "\(folder)/Room"
    // SAFETY: Swift lends the string as a C string for the call.
    defer { _ = unsafe unlink(path) }
    do throws(LiveError) {
      let file = try LiveFile(path, [.read, .write, .create])
      try file.allocate(.allocate, at: 0, byteCount: Self.longestStepByteCount, keepsSize: false)
      return nil
    } catch {
      return error.errno
    }
  }
}

/// A file of a trace on the real filesystem, with what it is accessed by.
final class LiveTraceFile {
  /// What kind of file it is.
  enum Kind { case regular, folder, fifo, device }

  let path: String
  let kind: Kind
  /// Whether it lies in the executor's folder, to be removed with it.
  let isInFolder: Bool
  let file: LiveFile
  private var direct: LiveFile?
  private var mapping: LiveMapping?
  /// The times of the last changes when they were last asked for, by the verb that asks.
  var seenTimes: [TraceVerb: Int64] = [:]

  init(
    _ path: String, _ kind: Kind, isInFolder: Bool, _ mode: LiveFile.Mode
  ) throws(LiveError) {
    self.path = path
    self.kind = kind
    self.isInFolder = isInFolder
    file = try LiveFile(path, mode)
  }

  /// Runs the body with the file opened past the page cache.
  func withDirect<Result>(
    _ body: (borrowing LiveFile) throws(LiveError) -> Result
  ) throws(LiveError) -> Result {
    if direct == nil { direct = try LiveFile(path, [.read, .write, .direct]) }
    guard let open = direct.take() else { throw LiveError(call: "open", errno: EBADF, path: path) }
    let result: Result
    do throws(LiveError) {
      result = try body(open)
    } catch {
      direct = consume open
      throw error
    }
    direct = consume open
    return result
  }

  /// Takes the file out of the page cache: its pages are in no mapping and not dirty by then.
  func drop() throws(LiveError) {
    mapping = nil
    try file.sync()
    try file.dropCache()
  }

  /// The mapping, made by the first who asks; its bytes live until the file is dropped.
  func mapped() throws(LiveError) -> UnsafeMutableRawPointer {
    if mapping == nil {
      mapping = try file.map(at: 0, byteCount: LiveExecutor.mappedByteCount, isShared: true)
    }
    // SAFETY: the mapping lives until a later step; accesses behind the end are guarded.
    guard let base = unsafe mapping?.bytes.baseAddress else {
      throw LiveError(call: "mmap", errno: ENOMEM, path: path)
    }
    return unsafe base
  }
}
