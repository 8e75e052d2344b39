internal import CHost
internal import HotCore
internal import Plan

/// The memory and the parameters of a core cell, checked.
struct CellMemory {
  let set: WorkingSet
  let cell: Cell

  var residency: Residency {
    switch cell.parameters.cacheState {
    case .llc: .lastLevel
    case .memory: .memory
    case .l1, nil: .l1
    }
  }

  func size() throws(CellException) -> Int {
    guard let size = cell.parameters.sizeBytes, size > 0, size <= set.regionByteCount else {
      throw .failed("The size is missing or larger than the working set.")
    }
    if residency == .l1, 2 * size > set.topology.l1DataByteCount {
      throw .skipped("two ranges of \(size) bytes do not fit the first-level cache")
    }
    if residency == .lastLevel, 2 * size > set.topology.llcByteCount {
      throw .skipped("two ranges of \(size) bytes leave the last-level cache no room")
    }
    return size
  }

  /// A rotation can only leave the last-level cache when it is larger.
  func checkResidency() throws(CellException) {
    if residency == .memory, !set.exceedsLastLevelCache {
      throw .skipped(
        "the last-level cache of \(set.topology.llcByteCount) bytes is too large to leave")
    }
  }
}

extension Registry {
  /// The exercise of a core cell, and the variant chosen or an empty note.
  static func exercise(
    for cell: Cell, _ memory: CellMemory
  ) throws(CellException) -> (exercise: any Exercise, note: String) {
    try memory.checkResidency()
    let durable = cell.parameters.durable ?? false
    let isReference = cell.operation == .reference
    let operation = isReference ? cell.group.operation : cell.operation
    switch operation {
    case .copy:
      let routine =
        isReference
        ? ReferenceRoutine.copy(durable: durable)
        : try available(cell.routine, among: CopyRoutine.all(durable: durable))
      return (
        Exercises.copy(
          routine, memory.set, memory.residency, byteCount: try memory.size(),
          offset: cell.parameters.positionBytes ?? 0, isDurable: durable), ""
      )
    case .zero:
      let routine =
        isReference
        ? ReferenceRoutine.zero(durable: durable)
        : try available(cell.routine, among: ZeroRoutine.all(durable: durable))
      return (
        Exercises.zero(
          routine, memory.set, memory.residency, byteCount: try memory.size(), isDurable: durable),
        ""
      )
    case .flush:
      let routine =
        isReference
        ? ReferenceRoutine.flush : try available(cell.routine, among: FlushRoutine.all())
      return (
        Exercises.flush(routine, memory.set, memory.residency, byteCount: try memory.size()), ""
      )
    case .compare, .dedupe:
      let routine =
        isReference
        ? ReferenceRoutine.compare : try available(cell.routine, among: CompareRoutine.all())
      return (try compareExercise(routine, operation, memory), "")
    case .cowEdge:
      return try edgeExercise(memory, durable: durable, isReference: isReference)
    case .floor: return (Exercises.floor(memory.set), "")
    case .clock: return (Exercises.clock(isThreadClock: cell.routine == "thread-cpu"), "")
    case .roofline:
      let routine = try available(cell.routine, among: PeakRoutine.all())
      return (
        Exercises.peak(routine, memory.set, memory.residency, byteCount: try memory.size()), ""
      )
    case .cowBlock, .fault, .clone, .unshare, .writeback, .read, .reference:
      throw .failed("The core engine has no operation '\(cell.operation.rawValue)'.")
    }
  }

  private static func compareExercise(
    _ routine: CompareRoutine, _ operation: Operation, _ memory: CellMemory
  ) throws(CellException) -> any Exercise {
    let difference: Difference =
      switch memory.cell.parameters.mismatch {
      case .first: .first
      case .middle: .middle
      case .last: .last
      case .some(.none), .shared, nil: .none
      }
    let size = try memory.size()
    guard operation == .dedupe else {
      return Exercises.compare(
        routine, memory.set, memory.residency, byteCount: size, difference: difference)
    }
    guard let extent = memory.cell.parameters.extentBytes, extent > 0, size % extent == 0 else {
      throw .failed("A dedupe range holds whole extents.")
    }
    return Exercises.dedupe(
      routine, memory.set, memory.residency, rangeByteCount: size, extentByteCount: extent,
      difference: difference)
  }

  private static func edgeExercise(
    _ memory: CellMemory, durable: Bool, isReference: Bool
  ) throws(CellException) -> (exercise: any Exercise, note: String) {
    let parameters = memory.cell.parameters
    guard let position = parameters.positionBytes, let length = parameters.lengthBytes,
      let alignment = parameters.alignmentBytes, length > 0, position + length <= alignment
    else { throw .failed("An edge copy is a write inside one aligned block.") }
    let geometry = EdgeGeometry(position: position, length: length, alignment: alignment)
    if isReference {
      // A whole block through the frozen copy: the bytes an edge copy moves, without its shape.
      let routine =
        parameters.sourceState == .mapped ? ReferenceRoutine.copy(durable: durable) : nil
      if let routine {
        return (
          Exercises.copy(
            routine, memory.set, memory.residency, byteCount: geometry.size, isDurable: durable), ""
        )
      }
      return (
        Exercises.zero(
          ReferenceRoutine.zero(durable: durable), memory.set, memory.residency,
          byteCount: geometry.size, isDurable: durable), ""
      )
    }
    func exercise(_ routine: EdgeCopyRoutine) -> any Exercise {
      Exercises.edgeCopy(
        routine, memory.set, memory.residency, geometry: geometry,
        sourceIsHole: parameters.sourceState != .mapped, isDurable: durable)
    }
    let routines = EdgeCopyRoutine.all(durable: durable)
    guard durable, memory.cell.routine == bestOfLibpmem else {
      return (exercise(try available(memory.cell.routine, among: routines)), "")
    }
    let ways = routines.filter { $0.name.hasPrefix("libpmem-") && $0.isAvailable }
    guard let best = Registry.fastest(ways.map(exercise)) else {
      throw .skipped("libpmem has no way to run here")
    }
    return (exercise(ways[best]), "best of libpmem's ways here: \(ways[best].name)")
  }

  /// The index of the fastest exercise: medians of 21 interleaved batches.
  private static func fastest(_ exercises: [any Exercise]) -> Int? {
    var times = exercises.map { _ in [Int]() }
    for _ in 0..<21 {
      for (index, exercise) in exercises.enumerated() {
        let calls = 1 + 100_000 / max(exercise.byteCountPerCall, 1)
        exercise.arrange()
        let start = chost_thread_cpu_ns()
        exercise.run(calls: calls)
        times[index].append(Int(chost_thread_cpu_ns() - start))
        exercise.settle()
      }
    }
    return times.indices.min { times[$0].sorted()[10] < times[$1].sorted()[10] }
  }
}
