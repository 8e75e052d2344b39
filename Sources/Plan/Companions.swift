/// What travels with every plan: floor, clocks, frozen references, rooflines and counterparts.
extension Cell {
  /// The suite name of harness cells that belong to no family.
  public static let harnessSuite = "harness"

  /// The frozen reference of the same class and shape, or nil for harness cells.
  ///
  /// All routines of one shape share one reference, so a stored ratio compares like with like:
  /// the same sizes, cache state and durability through a kernel that never changes. A cell of the
  /// model refers to that of the core cell with the same kind of work. Calls on files refer to
  /// reads of the page cache: they are bound by the core, as those are, and not by memory.
  public var reference: Cell? {
    if operation.isHarness { return nil }
    if !isOnFilesystem, let coreKin { return coreKin.reference }
    var shape = parameters
    // More threads are held against the kernel that one thread is held against.
    if engine == Cell.coreEngine { shape.threads = 1 }
    let isCall = isOnFilesystem && operation != .fault
    return Cell(
      suite: suite, operation: .reference, engine: engine,
      routine: "frozen-" + (isCall ? Self.ofCalls : "") + operation.rawValue, parameters: shape)
  }

  /// Cells with equal groups differ in their routine alone; a reference belongs to the group of
  /// the core cells that refer to it.
  public var group: Cell {
    with(routine: "").withOperation(operation == .reference ? referenced : operation)
  }

  /// Cells with equal neighbourhoods are measured next to each other in a round, so that they meet
  /// the same caches and the same moment: all that refer to one reference, and calls on files with
  /// the core cell that they are shown beside.
  public var neighbourhood: Cell {
    let held = operation == .reference ? withOperation(referenced) : self
    if held.isOnFilesystem, held.operation != .fault, let core = held.coreCounterpart {
      return core.neighbourhood
    }
    return (reference ?? self).group
  }

  private var referenced: Operation {
    let name = routine.dropFirst("frozen-".count)
    let operation = name.hasPrefix(Self.ofCalls) ? name.dropFirst(Self.ofCalls.count) : name
    return Operation(rawValue: String(operation)) ?? .reference
  }

  /// In the names of references that are reads of a file in memory.
  private static let ofCalls = "call-"

  private func withOperation(_ operation: Operation) -> Cell {
    var other = self
    other.operation = operation
    return other
  }
}

/// One kind of machine peak.
public enum RooflineKind: String, CaseIterable, Sendable {
  /// Loads only.
  case read
  /// Stores only.
  case store
  /// One load and one store for each byte.
  case copy

  /// The routines that try for the peak; the best of them is the roofline.
  ///
  /// Those ending in `-nt` leave nothing in the cache and so count for durable work as well.
  public var routines: [String] {
    switch self {
    case .read: ["read", "read-4"]
    case .store: ["store", "store-nt"]
    case .copy: ["copy", "copy-nt", "copy-rep"]
    }
  }

  /// The peak an operation is held against, and how many bytes it moves there for each byte of
  /// its own count; nil where no peak is meaningful.
  public static func of(_ cell: Cell) -> (kind: RooflineKind, factor: Double)? {
    // A system call is far from any peak, and nobody knows in which cache its bytes lie.
    if cell.isOnFilesystem { return nil }
    return switch cell.operation {
    case .copy, .cowBlock, .unshare, .read: (.copy, 1)
    case .cowEdge: cell.parameters.sourceState == .mapped ? (.copy, 1) : (.store, 1)
    case .compare, .dedupe: (.read, 2)
    case .zero: (.store, 1)
    // Without a write-back nothing reaches the memory that the peak is about.
    case .flush, .writeback: cell.routine == "none" ? nil : (.store, 1)
    default: nil
    }
  }
}

/// What travels with a plan although nobody asked for it.
public enum Companions {
  /// The cells that a list of cells needs: floor, clocks, the references, the rooflines, and the
  /// core cells that rows of a filesystem are shown beside.
  public static func of(_ cells: [Cell]) -> [Cell] {
    var companions = [
      Cell(suite: Cell.harnessSuite, operation: .floor, engine: "core", routine: "empty"),
      Cell(suite: Cell.harnessSuite, operation: .clock, engine: "core", routine: "thread-cpu"),
      Cell(suite: Cell.harnessSuite, operation: .clock, engine: "core", routine: "wall"),
    ]
    var seen = Set(companions)
    let counterparts = cells.compactMap(\.coreCounterpart)
    for companion in counterparts where seen.insert(companion).inserted {
      companions.append(companion)
    }
    for cell in cells + counterparts {
      for companion in roofline(of: cell) + [cell.reference].compactMap({ $0 })
      where seen.insert(companion).inserted {
        companions.append(companion)
      }
    }
    let asked = Set(cells)
    return companions.filter { !asked.contains($0) }
  }

  /// The roofline cells a cell's throughput is held against.
  public static func roofline(of cell: Cell) -> [Cell] {
    guard let (kind, _) = RooflineKind.of(cell), let cache = cell.parameters.cacheState else {
      return []
    }
    return rooflineCells(kind: kind, cache: cache)
  }

  /// All roofline cells of a kind in a cache state.
  public static func rooflineCells(kind: RooflineKind, cache: CacheState) -> [Cell] {
    kind.routines.map { routine in
      var parameters = Parameters()
      parameters.cacheState = cache
      switch cache {
      case .l1: parameters.sizeBytes = 8 << 10
      case .llc: parameters.sizeBytes = 256 << 10
      case .memory: parameters.sizeBytes = 2 << 20
      }
      return Cell(
        suite: "roofline", operation: .roofline, engine: "core", routine: routine,
        parameters: parameters)
    }
  }
}
