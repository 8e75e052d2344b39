/// The core cells that cells of a filesystem, the model's or the kernel's, are held against.
///
/// A filesystem does the work of a core routine and more around it. Beside the core row one sees
/// what it costs over the copy.
extension Cell {
  /// The engine that is bare routines on memory.
  public static let coreEngine = "core"

  /// The engine that is a user-space fsdax.
  public static let modelEngine = "model"

  /// The engine that is the running kernel.
  public static let liveEngine = "live"

  /// Whether the running kernel works on files in a directory.
  public var isOnFilesystem: Bool {
    engine == Cell.liveEngine && parameters.memory?.isFilesystem == true
  }

  /// The core cell that a row of a filesystem is shown beside, on as many threads, or nil where no
  /// routine moves the same bytes.
  ///
  /// It carries the name of its own family, so that it is the same row in every file.
  public var coreCounterpart: Cell? {
    guard engine == Cell.modelEngine || isOnFilesystem else { return nil }
    switch (operation, parameters.access) {
    case (.clone, _): return nil
    case (.fault, .sharedCow): return coreFault
    case (.fault, _): return nil
    default: return coreKin
    }
  }

  /// The core cell with the same kind of work; cells of the model refer to its frozen reference.
  ///
  /// What moves no bytes (clones, faults that only map) is held against a copy in the first-level
  /// cache, which is bound by the core's clock as the model's own code is.
  var coreKin: Cell? {
    if isOnFilesystem { return liveKin }
    guard engine == Cell.modelEngine else { return nil }
    switch operation {
    case .cowEdge: return coreEdge
    case .zero: return parameters.sizeBytes == nil ? coreEdge : core(.zero, durable: true)
    case .cowBlock, .unshare: return core(.copy, durable: true)
    case .read: return core(.copy, durable: false)
    case .writeback: return core(.flush, routine: "clwb", durable: true)
    case .dedupe: return coreDedupe
    case .fault: return coreFault
    case .clone: return clockBound
    default: return nil
    }
  }

  /// The core cell of a cell on files, as durable as it is.
  ///
  /// Unsharing writes to the device, whatever is asked.
  private var liveKin: Cell? {
    switch operation {
    case .cowEdge: coreEdge
    case .cowBlock: core(.copy, durable: parameters.durable ?? false)
    case .unshare: core(.copy, durable: true)
    case .dedupe: coreDedupe
    default: nil
    }
  }

  /// The same block and write; the file around them does not matter to a routine.
  private var coreEdge: Cell {
    var p = inMemory(durable: parameters.durable)
    p.positionBytes = parameters.positionBytes
    p.lengthBytes = parameters.lengthBytes
    p.alignmentBytes = parameters.alignmentBytes
    p.sourceState = parameters.sourceState
    return Cell(
      suite: Operation.cowEdge.rawValue, operation: .cowEdge, engine: Cell.coreEngine,
      routine: "auto", parameters: p)
  }

  private var coreDedupe: Cell {
    var cell = core(.dedupe, durable: nil)
    let size = cell.parameters.sizeBytes
    // A range inside a file has no extent larger than itself.
    cell.parameters.extentBytes = parameters.extentBytes.map { min($0, size ?? $0) }
    cell.parameters.mismatch = parameters.mismatch.map { $0 == .shared ? .none : $0 }
    return cell
  }

  private var coreFault: Cell {
    var cell: Cell
    switch parameters.access {
    case .sharedCow: cell = core(.copy, durable: false)
    case .firstWrite: cell = core(.zero, durable: false)
    default: return clockBound
    }
    cell.parameters.sizeBytes = parameters.pages?.byteCount ?? 4096
    return cell
  }

  private var clockBound: Cell {
    var cell = core(.copy, durable: false)
    cell.parameters.sizeBytes = 4096
    cell.parameters.cacheState = .l1
    cell.parameters.threads = 1
    return cell
  }

  /// A core cell of the bytes that one call works on.
  private func core(
    _ operation: Operation, routine: String = "auto", durable: Bool?
  ) -> Cell {
    var p = inMemory(durable: durable)
    p.sizeBytes = parameters.lengthBytes ?? parameters.sizeBytes
    return Cell(
      suite: operation.rawValue, operation: operation, engine: Cell.coreEngine, routine: routine,
      parameters: p)
  }

  private func inMemory(durable: Bool?) -> Parameters {
    var p = Parameters()
    p.durable = durable
    p.cacheState = .memory
    p.pages = .any
    p.threads = parameters.threads
    return p
  }
}
