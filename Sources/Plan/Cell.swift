/// The parameters of a cell.
///
/// A nil field does not apply to its operation and is empty in the CSV.
public struct Parameters: Hashable, Sendable {
  /// Bytes one call works on: the range copied, compared, zeroed or flushed.
  ///
  /// Of an edge copy it is the block. Of the model's cells with a `lengthBytes` it is the file.
  public var sizeBytes: Int?
  /// File position of the write of an edge copy, relative to its aligned block.
  public var positionBytes: Int?
  /// Bytes written by an edge copy, or read or compared inside a file of `sizeBytes`.
  public var lengthBytes: Int?
  /// Block alignment of an edge copy, 4096 or 2097152.
  public var alignmentBytes: Int?
  /// Bytes of one extent of a dedupe range or of a file.
  public var extentBytes: Int?
  /// What the source holds.
  public var sourceState: SourceState?
  /// Whether the bytes must be written back and fenced when the call returns.
  public var durable: Bool?
  /// Where the working set lives.
  public var cacheState: CacheState?
  /// What backs the pages.
  public var memory: MemoryKind?
  /// The page size asked for.
  public var pages: PageRequest?
  /// The fault class.
  public var access: FaultAccess?
  /// Threads doing the work at once.
  public var threads: Int
  /// Where compared ranges differ.
  public var mismatch: Mismatch?

  /// All parameters absent, one thread.
  public init() { threads = 1 }
}

/// One row of the plan: an operation carried out by an engine through a routine, with parameters.
///
/// A cell is its own key: two cells with equal fields are the same cell in every file.
public struct Cell: Hashable, Sendable {
  /// The family suite the cell belongs to, such as `copy`; composed suites keep the family's name.
  public var suite: String
  /// What is done.
  public var operation: Operation
  /// What carries it out: `core`, `model`, `live` or `harness`.
  public var engine: String
  /// The implementation, by its name in the registry.
  public var routine: String
  /// Everything else that makes this cell different from another.
  public var parameters: Parameters

  /// A cell from its parts.
  public init(
    suite: String, operation: Operation, engine: String, routine: String,
    parameters: Parameters = Parameters()
  ) {
    self.suite = suite
    self.operation = operation
    self.engine = engine
    self.routine = routine
    self.parameters = parameters
  }

  /// The same cell measured through another routine.
  public func with(routine: String) -> Cell {
    var other = self
    other.routine = routine
    return other
  }
}
