internal import CHost

/// The floor: calls of a routine that does nothing.
final class FloorExercise: Exercise {
  private let operands: MoveOperands

  /// A floor over one cached block.
  init(_ workingSet: WorkingSet) {
    operands = MoveOperands(workingSet, .l1, byteCount: 64)
  }

  var byteCountPerCall: Int { 0 }
  var volume: ExerciseVolume { ExerciseVolume() }
  func verify() {}
  func arrange() { run(calls: 16) }

  func run(calls: Int) {
    // SAFETY: MoveOperands keeps the block alive; the routine touches nothing.
    unsafe TimedLoops.floor(&operands.loop, calls: calls)
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts { InstructionCounts() }
}

/// Readings of one clock.
final class ClockExercise: Exercise {
  private let isThreadClock: Bool

  /// The thread CPU clock, or the wall clock.
  init(isThreadClock: Bool) { self.isThreadClock = isThreadClock }

  var byteCountPerCall: Int { 0 }
  var volume: ExerciseVolume { ExerciseVolume() }
  func verify() {}
  func arrange() { run(calls: 1) }

  func run(calls: Int) {
    if isThreadClock {
      for _ in 0..<calls { _ = chost_thread_cpu_ns() }
    } else {
      for _ in 0..<calls { _ = chost_wall_ns() }
    }
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts { InstructionCounts() }
}

/// A kernel that tries for the machine's peak.
final class PeakExercise: Exercise {
  private let routine: CopyRoutine
  private let residency: Residency
  private let operands: MoveOperands

  init(
    _ routine: CopyRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int
  ) {
    self.routine = routine
    self.residency = residency
    operands = MoveOperands(workingSet, residency, byteCount: byteCount)
  }

  var byteCountPerCall: Int { operands.byteCount }
  var volume: ExerciseVolume { ExerciseVolume() }
  func verify() {}
  func arrange() { run(calls: operands.warmUpCount(residency)) }

  func run(calls: Int) {
    // SAFETY: MoveOperands keeps everything alive and sized for byteCount.
    unsafe TimedLoops.copy(
      routine.function, &operands.loop, byteCount: operands.byteCount, calls: calls)
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts { InstructionCounts() }
}
