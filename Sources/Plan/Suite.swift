/// One literal of a suite: an operation, the routines that compete, and the axes they compete over.
///
/// An empty axis does not apply and leaves its column empty. The cells are the product of all axes,
/// in the order of the fields, routines innermost so that competitors stand next to each other.
public struct Workload: Sendable {
  /// What is done.
  public var operation: Operation
  /// What carries it out.
  public var engine: String
  /// The competing routines, by their names in the registry.
  public var routines: [String]
  /// Axis of `size_bytes`, in the sweep grammar.
  public var sizes: String
  /// Axis of `position_bytes`.
  public var positions: String
  /// Axis of `length_bytes`.
  public var lengths: String
  /// Axis of `alignment_bytes`.
  public var alignments: String
  /// Axis of `extent_bytes`.
  public var extents: String
  /// What sources hold.
  public var sources: [SourceState]
  /// The durability contract, or nil where it does not apply.
  public var durable: Bool?
  /// Where the working set lives.
  public var caches: [CacheState]
  /// What backs the pages.
  public var memory: [MemoryKind]
  /// Page sizes asked for.
  public var pages: [PageRequest]
  /// Fault classes.
  public var accesses: [FaultAccess]
  /// Thread counts.
  public var threads: [Int]
  /// Where compared ranges differ.
  public var mismatches: [Mismatch]

  /// A workload; what is left out does not apply.
  public init(
    _ operation: Operation, engine: String = "core", routines: [String], sizes: String = "",
    positions: String = "", lengths: String = "", alignments: String = "", extents: String = "",
    sources: [SourceState] = [], durable: Bool? = nil, caches: [CacheState] = [],
    memory: [MemoryKind] = [], pages: [PageRequest] = [], accesses: [FaultAccess] = [],
    threads: [Int] = [1], mismatches: [Mismatch] = []
  ) {
    self.operation = operation
    self.engine = engine
    self.routines = routines
    self.sizes = sizes
    self.positions = positions
    self.lengths = lengths
    self.alignments = alignments
    self.extents = extents
    self.sources = sources
    self.durable = durable
    self.caches = caches
    self.memory = memory
    self.pages = pages
    self.accesses = accesses
    self.threads = threads
    self.mismatches = mismatches
  }
}

/// A named set of cells with the question it answers.
public struct Suite: Sendable {
  /// The name typed after `--suite`.
  public let name: String
  /// The question, in one sentence.
  public let question: String
  /// Timed rounds over all cells, unless the command line says otherwise.
  public let rounds: Int
  /// What is measured, each workload with the family its cells belong to.
  public let workloads: [(family: String, workload: Workload)]

  /// A family suite: all its cells carry its own name.
  public init(name: String, question: String, rounds: Int, workloads: [Workload]) {
    self.name = name
    self.question = question
    self.rounds = rounds
    self.workloads = workloads.map { (name, $0) }
  }

  /// A suite made of parts of families; the cells keep the families' names, so that their rows
  /// match those of the family in every file.
  public init(
    name: String, question: String, rounds: Int, of parts: [(family: String, workloads: [Workload])]
  ) {
    self.name = name
    self.question = question
    self.rounds = rounds
    workloads = parts.flatMap { part in part.workloads.map { (part.family, $0) } }
  }

  /// All cells, each once, in plan order.
  ///
  /// - Throws: `AxisError` for a literal that cannot be read.
  public func cells() throws(AxisError) -> [Cell] {
    var seen: Set<Cell> = []
    var cells: [Cell] = []
    for (family, workload) in workloads {
      for cell in try workload.cells(suite: family) where seen.insert(cell).inserted {
        cells.append(cell)
      }
    }
    return cells
  }
}
