internal import CHost

/// The floor: calls of a routine that does nothing.
public final class FloorExercise: Exercise {
  private let operands: MoveOperands

  /// A floor over one cached block.
  public init(_ workingSet: WorkingSet) {
    operands = MoveOperands(workingSet, .l1, byteCount: 64)
  }

  public var byteCountPerCall: Int { 0 }
  public var volume: ExerciseVolume { ExerciseVolume() }
  public func verify() {}
  public func arrange() { run(calls: 16) }

  public func run(calls: Int) {
    // SAFETY: MoveOperands keeps the block alive; the routine touches nothing.
    unsafe TimedLoops.floor(&operands.loop, calls: calls)
  }

  public func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts { InstructionCounts() }
}

/// Readings of one clock.
public final class ClockExercise: Exercise {
  private let isThreadClock: Bool

  /// The thread CPU clock, or the wall clock.
  public init(isThreadClock: Bool) { self.isThreadClock = isThreadClock }

  public var byteCountPerCall: Int { 0 }
  public var volume: ExerciseVolume { ExerciseVolume() }
  public func verify() {}
  public func arrange() { run(calls: 1) }

  public func run(calls: Int) {
    if isThreadClock {
      for _ in 0..<calls { _ = chost_thread_cpu_ns() }
    } else {
      for _ in 0..<calls { _ = chost_wall_ns() }
    }
  }

  public func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts { InstructionCounts() }
}

/// A kernel that tries for the machine's peak.
public final class PeakExercise: Exercise {
  private let routine: CopyRoutine
  private let residency: Residency
  private let operands: MoveOperands

  /// - Parameters:
  ///   - routine: one of `PeakRoutine.all()`.
  ///   - byteCount: bytes of one call, a multiple of 512.
  public init(
    _ routine: CopyRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int
  ) {
    self.routine = routine
    self.residency = residency
    operands = MoveOperands(workingSet, residency, byteCount: byteCount)
  }

  public var byteCountPerCall: Int { operands.byteCount }
  public var volume: ExerciseVolume { ExerciseVolume() }
  public func verify() {}
  public func arrange() { run(calls: operands.warmUpCount(residency)) }

  public func run(calls: Int) {
    // SAFETY: MoveOperands keeps everything alive and sized for byteCount.
    unsafe TimedLoops.copy(
      routine.function, &operands.loop, byteCount: operands.byteCount, calls: calls)
  }

  public func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts { InstructionCounts() }
}
