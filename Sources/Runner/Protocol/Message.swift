public import Plan

/// The version both sides of the pipe must speak.
public let protocolVersion = 2

/// What one timed batch measured.
public struct BatchMeasurement: Equatable, Sendable {
  /// Calls made.
  public var calls = 0
  /// Thread CPU nanoseconds, summed over the cell's threads.
  public var cpuNanoseconds = 0
  /// Wall nanoseconds.
  public var wallNanoseconds = 0
  /// Bytes worked on.
  public var bytes = 0
  /// Involuntary context switches.
  public var involuntarySwitches = 0
  /// Page faults the cell says it takes.
  public var faultsExpected = 0
  /// Page faults the kernel counted.
  public var faultsObserved = 0
  /// Bytes of the pages obtained.
  public var pageBytes = 0

  /// A measurement of nothing.
  public init() {}

  fileprivate static let fields: [any WritableKeyPath<BatchMeasurement, Int> & Sendable] = [
    \.calls, \.cpuNanoseconds, \.wallNanoseconds, \.bytes, \.involuntarySwitches,
    \.faultsExpected, \.faultsObserved, \.pageBytes,
  ]
}

/// Exact counts of one call; nil where a count was not taken.
public struct CallCounts: Equatable, Sendable {
  /// Bytes copied from a source.
  public var bytesCopied: Int?
  /// Bytes zeroed.
  public var bytesZeroed: Int?
  /// Bytes compared, up to and including the first difference.
  public var bytesCompared: Int?
  /// Write-back instructions executed.
  public var linesWrittenBack: Int?
  /// Bytes stored with non-temporal instructions.
  public var nonTemporalBytes: Int?
  /// Store fences executed.
  public var fences: Int?
  /// Instructions executed.
  public var instructions: Int?
  /// Page faults one call takes.
  public var faults: Int?
  /// Begin and end calls of the filesystem, in pairs.
  public var beginEndPairs: Int?
  /// Changes of a block's reference count.
  public var refcountUpdates: Int?
  /// Blocks taken from free space.
  public var blocksAllocated: Int?
  /// Extents that changed their place in a file's map.
  public var extentsRemapped: Int?
  /// Faults of a huge page that had to be taken again with a small one.
  public var fallbacks: Int?

  /// No counts.
  public init() {}

  fileprivate static let fields: [any WritableKeyPath<CallCounts, Int?> & Sendable] = [
    \.bytesCopied, \.bytesZeroed, \.bytesCompared, \.linesWrittenBack, \.nonTemporalBytes,
    \.fences, \.instructions, \.faults, \.beginEndPairs, \.refcountUpdates, \.blocksAllocated,
    \.extentsRemapped, \.fallbacks,
  ]
}

/// What the coordinator asks.
///
/// One line each: the verb, then fields, separated by tabs.
public enum Request: Equatable, Sendable {
  /// Opens the conversation.
  case hello(version: Int)
  /// Make a cell ready and verify it; `id` names it from then on.
  case prepare(id: Int, cell: Cell)
  /// Find the call count of a batch that takes about `target` nanoseconds.
  case calibrate(id: Int, targetNanoseconds: Int)
  /// Time one batch.
  case batch(id: Int, calls: Int)
  /// Count what one call does.
  case ledger(id: Int)
  /// Give up what the cell holds.
  case release(id: Int)
  /// End.
  case quit
}

/// What the worker answers; one line for each request.
public enum Reply: Equatable, Sendable {
  /// The worker's protocol version and process id.
  case hello(version: Int, process: Int)
  /// The cell can be timed. The note names a variant that was chosen, or is empty.
  case ready(id: Int, note: String)
  /// This machine cannot run the cell.
  case skipped(id: Int, reason: String)
  /// The cell is wrong: its bytes, or a system call.
  case failed(id: Int, reason: String)
  /// The call count of a batch.
  case calibrated(id: Int, calls: Int)
  /// A timed batch.
  case sample(id: Int, BatchMeasurement)
  /// Counts of one call.
  case ledger(id: Int, CallCounts)
  /// Done, with nothing to tell.
  case released(id: Int)
}

/// A line that is not of this protocol.
public struct ProtocolError: Error, Equatable, CustomStringConvertible {
  /// The line, shortened.
  public let line: String

  /// One sentence.
  public var description: String { "The line '\(line)' is not of protocol \(protocolVersion)." }

  init(_ line: String) { self.line = String(line.prefix(80)) }
}

extension Request {
  /// The request as one line, without the newline.
  public var line: String {
    switch self {
    case .hello(let version): "hello\t\(version)"
    case .prepare(let id, let cell): "prepare\t\(id)\t" + cell.keyFields.joined(separator: "\t")
    case .calibrate(let id, let target): "calibrate\t\(id)\t\(target)"
    case .batch(let id, let calls): "batch\t\(id)\t\(calls)"
    case .ledger(let id): "ledger\t\(id)"
    case .release(let id): "release\t\(id)"
    case .quit: "quit"
    }
  }

  /// Reads a request.
  public init(line: String) throws(ProtocolError) {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    let numbers = fields.dropFirst().prefix(2).map { Int($0) ?? -1 }
    switch (fields[0], fields.count) {
    case ("hello", 2): self = .hello(version: numbers[0])
    case ("prepare", Cell.keyColumns.count + 2):
      guard let cell = try? Cell(keyFields: Array(fields.dropFirst(2))) else {
        throw ProtocolError(line)
      }
      self = .prepare(id: numbers[0], cell: cell)
    case ("calibrate", 3) where numbers[1] > 0:
      self = .calibrate(id: numbers[0], targetNanoseconds: numbers[1])
    case ("batch", 3) where numbers[1] > 0: self = .batch(id: numbers[0], calls: numbers[1])
    case ("ledger", 2): self = .ledger(id: numbers[0])
    case ("release", 2): self = .release(id: numbers[0])
    case ("quit", 1): self = .quit
    default: throw ProtocolError(line)
    }
    if let id = numbers.first, id < 0 { throw ProtocolError(line) }
  }
}

extension Reply {
  /// The reply as one line, without the newline.
  public var line: String {
    switch self {
    case .hello(let version, let process): "hello\t\(version)\t\(process)"
    case .ready(let id, let note): "ready\t\(id)\t\(oneField(note))"
    case .skipped(let id, let reason): "skipped\t\(id)\t\(oneField(reason))"
    case .failed(let id, let reason): "failed\t\(id)\t\(oneField(reason))"
    case .calibrated(let id, let calls): "calibrated\t\(id)\t\(calls)"
    case .sample(let id, let batch):
      "sample\t\(id)\t"
        + BatchMeasurement.fields.map { String(batch[keyPath: $0]) }.joined(separator: "\t")
    case .ledger(let id, let counts):
      "ledger\t\(id)\t"
        + CallCounts.fields.map { counts[keyPath: $0].map(String.init) ?? "" }
        .joined(separator: "\t")
    case .released(let id): "released\t\(id)"
    }
  }

  /// Reads a reply.
  public init(line: String) throws(ProtocolError) {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count >= 2, let id = Int(fields[1]), id >= 0 else { throw ProtocolError(line) }
    let rest = Array(fields.dropFirst(2))
    switch (fields[0], rest.count) {
    case ("hello", 1):
      guard let process = Int(rest[0]) else { throw ProtocolError(line) }
      self = .hello(version: id, process: process)
    case ("ready", 1): self = .ready(id: id, note: rest[0])
    case ("skipped", 1): self = .skipped(id: id, reason: rest[0])
    case ("failed", 1): self = .failed(id: id, reason: rest[0])
    case ("calibrated", 1):
      guard let calls = Int(rest[0]), calls > 0 else { throw ProtocolError(line) }
      self = .calibrated(id: id, calls: calls)
    case ("sample", BatchMeasurement.fields.count):
      var batch = BatchMeasurement()
      for (field, text) in zip(BatchMeasurement.fields, rest) {
        guard let value = Int(text), value >= 0 else { throw ProtocolError(line) }
        batch[keyPath: field] = value
      }
      // A batch without calls has no time per call, and no row could be written of it.
      guard batch.calls > 0 else { throw ProtocolError(line) }
      self = .sample(id: id, batch)
    case ("ledger", CallCounts.fields.count):
      var counts = CallCounts()
      for (field, text) in zip(CallCounts.fields, rest) where !text.isEmpty {
        guard let value = Int(text), value >= 0 else { throw ProtocolError(line) }
        counts[keyPath: field] = value
      }
      self = .ledger(id: id, counts)
    case ("released", 0): self = .released(id: id)
    default: throw ProtocolError(line)
    }
  }
}

private func oneField(_ text: String) -> String {
  String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 })
}
