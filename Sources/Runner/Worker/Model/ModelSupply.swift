internal import FSDAX
internal import HotCore
internal import Plan

/// The model's cells of a worker, and the volumes they share.
struct ModelSupply {
  private var volumes: [ModelVolume.Design: ModelVolume] = [:]
  private var fragmented: FragmentedFile?
  private let topology = CacheTopology()

  /// Makes a cell ready.
  ///
  /// - Throws: `CellException` where this machine cannot run it.
  mutating func prepare(_ cell: Cell, cores: [Int]) throws(CellException) -> any PreparedCell {
    let p = cell.parameters
    switch cell.operation {
    case .cowEdge where p.extentBytes != nil:
      return try fragments(cell, .write, cores: cores)
    case .cowEdge:
      guard let position = p.positionBytes, let length = p.lengthBytes, length > 0,
        p.alignmentBytes == ModelVolume.blockByteCount,
        position + length <= ModelVolume.blockByteCount
      else { throw .failed("A write of the model lies in one block of 4096 bytes.") }
      return try shared(
        cell, .write, position: position, length: length, unit: ModelVolume.blockByteCount, cores)
    case .cowBlock:
      let size = try wholeBlocks(p.sizeBytes)
      return try shared(cell, .write, position: 0, length: size, unit: size, cores)
    case .zero where p.positionBytes != nil:
      return try shared(
        cell, .zero, position: p.positionBytes ?? 0, length: p.lengthBytes ?? 1,
        unit: ModelVolume.blockByteCount, cores)
    case .zero, .unshare:
      let size = try wholeBlocks(p.sizeBytes)
      return try shared(
        cell, cell.operation == .zero ? .zero : .unshare, position: 0, length: size, unit: size,
        cores)
    case .read where p.extentBytes != nil: return try fragments(cell, .read, cores: cores)
    case .read: return try reads(cell, cores)
    case .dedupe where p.lengthBytes != nil: return try fragments(cell, .compare, cores: cores)
    case .dedupe:
      return try ModelCell(
        [
          CompareWork(
            try volume(cell.routine, isForRanges: true), byteCount: try wholeBlocks(p.sizeBytes),
            extentByteCount: try wholeBlocks(p.extentBytes), mismatch: p.mismatch ?? .none,
            isHole: p.sourceState == .hole)
        ], cores: cores)
    case .clone:
      return try ModelCell(
        [
          CloneWork(
            try volume(cell.routine, isForRanges: true), byteCount: try wholeBlocks(p.sizeBytes),
            extentByteCount: try wholeBlocks(p.extentBytes))
        ], cores: cores)
    case .fault: return try faults(cell, cores)
    case .writeback:
      return try ModelCell(
        [WritebackWork(try volume("auto"), byteCount: try wholeBlocks(p.sizeBytes))], cores: cores)
    default: throw .failed("The model has no operation '\(cell.operation.rawValue)'.")
    }
  }

  private mutating func shared(
    _ cell: Cell, _ action: SharedBlockWork.Action, position: Int, length: Int, unit: Int,
    _ cores: [Int]
  ) throws(CellException) -> any PreparedCell {
    let isLean = cell.operation == .cowEdge && cell.canBeLean
    let volume = try volume(cell.routine, isLean: isLean)
    var works: [any ModelWork] = []
    for thread in 0..<(try threadCount(cell)) {
      works.append(
        try SharedBlockWork(
          volume, thread: thread, action, source: cell.parameters.sourceState ?? .mapped,
          position: position, length: length, unitByteCount: unit,
          isScattered: cell.routine == "scattered"))
    }
    return try ModelCell(works, cores: cores)
  }

  private mutating func faults(
    _ cell: Cell, _ cores: [Int]
  ) throws(CellException) -> any PreparedCell {
    guard let access = cell.parameters.access, let pages = cell.parameters.pages?.byteCount else {
      throw .failed("A fault of the model has a class and a page size.")
    }
    let mechanism = TrapMechanism(rawValue: cell.routine)
    let volume = try volume(
      cell.routine, isMappable: mechanism != nil, isLean: mechanism == nil && cell.canBeLean)
    var works: [any ModelWork] = []
    for thread in 0..<(try threadCount(cell)) {
      works.append(
        try FaultWork(
          volume, thread: thread, access, pageByteCount: pages, mechanism: mechanism))
    }
    return try ModelCell(works, cores: cores)
  }

  private mutating func reads(_ cell: Cell, _ cores: [Int]) throws(CellException)
    -> any PreparedCell
  {
    let volume = try volume("auto")
    let size = try wholeBlocks(cell.parameters.sizeBytes)
    let threads = try threadCount(cell)
    var works: [any ModelWork] = []
    for thread in 0..<threads {
      works.append(try ReadWork(volume, thread: thread, of: threads, byteCount: size))
    }
    return try ModelCell(
      works,
      background: cell.routine == "beside-clone" ? CloneLoop(volume) : nil, cores: cores)
  }

  private mutating func fragments(
    _ cell: Cell, _ action: FragmentWork.Action, cores: [Int]
  ) throws(CellException) -> any PreparedCell {
    let p = cell.parameters
    let size = try wholeBlocks(p.sizeBytes)
    let big = try volume(cell.routine, bigByteCount: size)
    let source = fragmented ?? FragmentedFile(big)
    fragmented = source
    let work = FragmentWork(
      source, action, byteCount: size,
      extentByteCount: try wholeBlocks(p.extentBytes), position: p.positionBytes ?? 0,
      length: p.lengthBytes ?? ModelVolume.blockByteCount)
    return try ModelCell([work], cores: cores)
  }

  private mutating func volume(
    _ routine: String, bigByteCount: Int? = nil, isForRanges: Bool = false,
    isMappable: Bool = false, isLean: Bool = false
  ) throws(CellException) -> ModelVolume {
    // What a routine's name does to the calls, and not to the volume, needs none of its own.
    let shared = ["direct", "beside-clone", "scattered", "signal", "userfault"].contains(routine)
    let design = ModelVolume.Design(
      routine: shared ? "auto" : routine, bigByteCount: bigByteCount, isForRanges: isForRanges,
      isMappable: isMappable, isLean: isLean)
    if let known = volumes[design] { return known }
    let made = try ModelVolume(design, topology: topology)
    volumes[design] = made
    return made
  }

  private func threadCount(_ cell: Cell) throws(CellException) -> Int {
    guard cell.parameters.threads <= 2 else {
      throw .skipped("the model's cells have at most two threads")
    }
    return cell.parameters.threads
  }

  private func wholeBlocks(_ byteCount: Int?) throws(CellException) -> Int {
    guard let byteCount, byteCount > 0, byteCount % ModelVolume.blockByteCount == 0 else {
      throw .failed("A cell of the model works on whole blocks of 4096 bytes.")
    }
    return byteCount
  }
}

extension Cell {
  /// Whether a small volume has room for it: one thread, and nothing staged over holes.
  fileprivate var canBeLean: Bool {
    parameters.threads == 1 && parameters.sourceState ?? .mapped == .mapped
  }
}
