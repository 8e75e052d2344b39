/// Writes the user's bytes into a fresh block a call, the block's other bytes taken from the old
/// block or zeroed.
@safe final class EdgeCopyExercise: Exercise {
  private let routine: EdgeCopyRoutine
  private let geometry: EdgeGeometry
  private let sourceIsHole: Bool
  private let operands: MoveOperands
  private let data: UnsafeRawPointer
  private let residency: Residency

  init(
    _ routine: EdgeCopyRoutine, _ workingSet: WorkingSet, _ residency: Residency,
    geometry: EdgeGeometry, sourceIsHole: Bool, isDurable: Bool
  ) {
    precondition(geometry.length <= WorkingSet.dataByteCount, "the user's data hold the write")
    self.routine = routine
    self.geometry = geometry
    self.sourceIsHole = sourceIsHole
    self.residency = residency
    operands = MoveOperands(
      workingSet, residency, byteCount: geometry.size, isDurable: isDurable)
    unsafe data = workingSet.data
  }

  var byteCountPerCall: Int { geometry.size }

  var volume: ExerciseVolume {
    let edges = geometry.copiesAll ? geometry.size : geometry.size - geometry.length
    let body = geometry.copiesAll ? 0 : geometry.length
    return sourceIsHole
      ? ExerciseVolume(copiedByteCount: body, zeroedByteCount: edges)
      : ExerciseVolume(copiedByteCount: body + edges)
  }

  func verify() throws(ExerciseError) {
    let geometry = geometry
    let body = geometry.copiesAll ? 0..<0 : geometry.head..<geometry.head + geometry.length
    try unsafe operands.check("The edge copy '\(routine.name)'", run: run(calls:)) {
      source, index in
      if body.contains(index) {
        return unsafe data.load(fromByteOffset: index - geometry.head, as: UInt8.self)
      }
      return sourceIsHole ? 0 : unsafe source.load(fromByteOffset: index, as: UInt8.self)
    }
  }

  var placeCount: Int { operands.placeCount }

  var place: Int {
    get { operands.place }
    set { operands.place = newValue }
  }

  func arrange() { run(calls: operands.warmUpCount(residency)) }

  func run(calls: Int) {
    // SAFETY: MoveOperands keeps everything alive; a unit holds a whole block, and the user's data
    // are as long as the write (checked in init).
    unsafe TimedLoops.edgeCopy(
      routine.function, &operands.loop, data: data, sourceIsHole: sourceIsHole,
      head: geometry.head, length: geometry.length, size: geometry.size, calls: calls)
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts {
    let (source, target) = unsafe operands.first
    return try unsafe InstructionTrace.measure(
      edgeCopy: routine.function, target: target, edges: sourceIsHole ? nil : source, body: data,
      geometry.head, geometry.length, geometry.size, stepLimit: stepLimit)
  }
}
