/// The shapes that copies, zeroes and flushes share: one block of the target a call, checked with a
/// margin on both sides.
@safe final class MoveOperands {
  let workingSet: WorkingSet
  let byteCount: Int
  private let rotation: Rotation
  @unsafe var loop: LoopOperands

  /// Operands whose target bytes begin `offset` bytes, less than a line, after a block's beginning.
  ///
  /// With a cached source, the target of a durable cell rotates: streaming to the same few lines
  /// again and again is bimodal in the memory controller (256 B took 100 or 140 ns, batch by batch,
  /// whatever the routine), and no program does it.
  init(
    _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int, offset: Int = 0,
    isDurable: Bool = false
  ) {
    self.workingSet = workingSet
    self.byteCount = byteCount
    let line = workingSet.topology.lineByteCount
    let unit = max((byteCount + offset + line - 1) / line * line, line)
    let staysAtSource = residency == .l1 && isDurable
    rotation = workingSet.rotation(
      staysAtSource ? .lastLevel : residency, unitByteCount: unit, byteCount: unit)
    // SAFETY: the working set and the rotation are kept alive beside the operands; a unit holds
    // the block with its offset.
    unsafe loop = LoopOperands(
      source: workingSet.source, target: workingSet.target + offset, units: rotation.units,
      unitCount: rotation.count, unitByteCount: unit)
    if staysAtSource { unsafe loop.sourceMask = 0 }
  }

  /// Different places of the rotation.
  var placeCount: Int { rotation.distinctCount }

  /// The next place of the rotation.
  var place: Int {
    get { unsafe loop.cursor }
    set { unsafe loop.cursor = newValue % loop.unitCount }
  }

  /// Brings the caches into their state: everything of a small rotation, one call of a large one.
  func warmUpCount(_ residency: Residency) -> Int {
    switch residency {
    case .l1: 16
    case .lastLevel: rotation.count
    case .memory: 1
    }
  }

  /// Runs one call between margins of a canary, and checks block and margins byte by byte.
  ///
  /// `expected` tells what the byte at an index of the block must be, given the source block.
  func check(
    _ what: String, run: (Int) -> Void, expected: (UnsafeRawPointer, Int) -> UInt8
  ) throws(ExerciseError) {
    let margin = 128
    let canary: UInt8 = 0xc3
    for _ in 0..<min(2, rotation.count) {
      let (source, target) = unsafe nextBlocks()
      // SAFETY: margins of a first or last block lie in the gaps between the regions.
      unsafe (target - margin).initializeMemory(
        as: UInt8.self, repeating: canary, count: byteCount + 2 * margin)
      run(1)
      for index in -margin..<byteCount + margin {
        let found = unsafe target.load(fromByteOffset: index, as: UInt8.self)
        let wanted =
          index >= 0 && index < byteCount ? unsafe expected(source, index) : canary
        if found != wanted {
          throw ExerciseError(
            "\(what) left \(found) at byte \(index) of \(byteCount) where \(wanted) belongs")
        }
      }
    }
  }

  /// Source and target of the next call.
  @unsafe private func nextBlocks() -> (UnsafeRawPointer, UnsafeMutableRawPointer) {
    var copy = unsafe loop
    return unsafe copy.next()
  }

  /// Source and target that a traced call works on: always the same blocks, because libc takes
  /// another path, and other counts, for other distances.
  @unsafe var first: (source: UnsafeRawPointer, target: UnsafeMutableRawPointer) {
    var start = unsafe loop
    unsafe start.cursor = 0
    return unsafe start.next()
  }
}

/// A copy of one block a call.
final class CopyExercise: Exercise {
  private let routine: CopyRoutine
  private let residency: Residency
  private let operands: MoveOperands

  init(
    _ routine: CopyRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int,
    offset: Int, isDurable: Bool
  ) {
    self.routine = routine
    self.residency = residency
    operands = MoveOperands(
      workingSet, residency, byteCount: byteCount, offset: offset,
      isDurable: isDurable)
  }

  var byteCountPerCall: Int { operands.byteCount }

  var volume: ExerciseVolume { ExerciseVolume(copiedByteCount: operands.byteCount) }

  func verify() throws(ExerciseError) {
    try unsafe operands.check("The copy '\(routine.name)'", run: run(calls:)) { source, index in
      unsafe source.load(fromByteOffset: index, as: UInt8.self)
    }
  }

  var placeCount: Int { operands.placeCount }

  var place: Int {
    get { operands.place }
    set { operands.place = newValue }
  }

  func arrange() { run(calls: operands.warmUpCount(residency)) }

  func run(calls: Int) {
    // SAFETY: MoveOperands keeps everything alive and sized for byteCount.
    unsafe TimedLoops.copy(
      routine.function, &operands.loop, byteCount: operands.byteCount, calls: calls)
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts {
    let (source, target) = unsafe operands.first
    return try unsafe InstructionTrace.measure(
      copy: routine.function, target: target, source: source, byteCount: operands.byteCount,
      stepLimit: stepLimit)
  }
}

/// Zeroes one block a call.
final class ZeroExercise: Exercise {
  private let routine: ZeroRoutine
  private let residency: Residency
  private let operands: MoveOperands

  /// An exercise over a rotation of the target region.
  init(
    _ routine: ZeroRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int,
    isDurable: Bool
  ) {
    self.routine = routine
    self.residency = residency
    operands = MoveOperands(
      workingSet, residency, byteCount: byteCount, isDurable: isDurable)
  }

  var byteCountPerCall: Int { operands.byteCount }

  var volume: ExerciseVolume { ExerciseVolume(zeroedByteCount: operands.byteCount) }

  func verify() throws(ExerciseError) {
    try unsafe operands.check("The zero routine '\(routine.name)'", run: run(calls:)) { _, _ in 0 }
  }

  var placeCount: Int { operands.placeCount }

  var place: Int {
    get { operands.place }
    set { operands.place = newValue }
  }

  func arrange() { run(calls: operands.warmUpCount(residency)) }

  func run(calls: Int) {
    // SAFETY: MoveOperands keeps everything alive and sized for byteCount.
    unsafe TimedLoops.zero(
      routine.function, &operands.loop, byteCount: operands.byteCount, calls: calls)
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts {
    let target = unsafe operands.first.target
    return try unsafe InstructionTrace.measure(
      zero: routine.function, target: target, byteCount: operands.byteCount, stepLimit: stepLimit)
  }
}

/// Dirties one block a call, writes its lines back, and fences.
final class FlushExercise: Exercise {
  private let routine: FlushRoutine
  private let residency: Residency
  private let operands: MoveOperands

  /// An exercise over a rotation of the target region; `byteCount` is a multiple of 64.
  init(
    _ routine: FlushRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int
  ) {
    self.routine = routine
    self.residency = residency
    operands = MoveOperands(workingSet, residency, byteCount: byteCount)
  }

  var byteCountPerCall: Int { operands.byteCount }

  var volume: ExerciseVolume { ExerciseVolume() }

  func verify() throws(ExerciseError) {
    let line = operands.workingSet.topology.lineByteCount
    // The loop stores the calls left, 0 in a batch of one, as eight bytes at each line's beginning.
    try unsafe operands.check("The flush '\(routine.name)'", run: run(calls:)) { _, index in
      index % line < 8 ? 0 : 0xc3
    }
  }

  var placeCount: Int { operands.placeCount }

  var place: Int {
    get { operands.place }
    set { operands.place = newValue }
  }

  func arrange() { run(calls: operands.warmUpCount(residency)) }

  func run(calls: Int) {
    // SAFETY: MoveOperands keeps everything alive and sized for byteCount.
    unsafe TimedLoops.flush(
      routine.function, &operands.loop, byteCount: operands.byteCount,
      lineByteCount: operands.workingSet.topology.lineByteCount, calls: calls)
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts {
    let target = unsafe operands.first.target
    return try unsafe InstructionTrace.measure(
      flush: routine.function, target: target, byteCount: operands.byteCount, stepLimit: stepLimit)
  }
}
