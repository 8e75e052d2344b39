/// Makes exercises of routines and a working set.
///
/// Byte counts must fit the working set's regions; exercises keep the working set alive.
public enum Exercises {
  /// A copy of one block a call.
  ///
  /// - Parameters:
  ///   - routine: one that this machine can run, as for all others below.
  ///   - workingSet: the memory.
  ///   - residency: where source and target live when a call begins.
  ///   - byteCount: bytes of a block.
  ///   - offset: bytes from a cache line's beginning to the target, 0…63.
  ///   - isDurable: whether the cell is of the durable contract; its target rotates then even when
  ///     the source stays in the first-level cache.
  /// - Returns: the exercise.
  public static func copy(
    _ routine: CopyRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int,
    offset: Int = 0, isDurable: Bool
  ) -> any Exercise {
    CopyExercise(
      routine, workingSet, residency, byteCount: byteCount, offset: offset, isDurable: isDurable)
  }

  /// Zeroes one block a call.
  public static func zero(
    _ routine: ZeroRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int,
    isDurable: Bool
  ) -> any Exercise {
    ZeroExercise(routine, workingSet, residency, byteCount: byteCount, isDurable: isDurable)
  }

  /// Dirties one block a call, writes its lines back, and fences.
  public static func flush(
    _ routine: FlushRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int
  ) -> any Exercise {
    FlushExercise(routine, workingSet, residency, byteCount: byteCount)
  }

  /// Compares one pair of blocks a call.
  public static func compare(
    _ routine: CompareRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int,
    difference: Difference
  ) -> any Exercise {
    CompareExercise(routine, workingSet, residency, byteCount: byteCount, difference: difference)
  }

  /// Compares two files' ranges extent by extent, each call one pair of ranges.
  ///
  /// A range of `rangeByteCount` holds a whole number of scattered extents.
  public static func dedupe(
    _ routine: CompareRoutine, _ workingSet: WorkingSet, _ residency: Residency,
    rangeByteCount: Int, extentByteCount: Int, difference: Difference
  ) -> any Exercise {
    DedupeExercise(
      routine, workingSet, residency, rangeByteCount: rangeByteCount,
      extentByteCount: extentByteCount, difference: difference)
  }

  /// Writes the user's bytes into a fresh block a call, its other bytes from the old block.
  ///
  /// `sourceIsHole` makes the other bytes zeros. The write lies in one block of its alignment.
  public static func edgeCopy(
    _ routine: EdgeCopyRoutine, _ workingSet: WorkingSet, _ residency: Residency,
    geometry: EdgeGeometry, sourceIsHole: Bool, isDurable: Bool
  ) -> any Exercise {
    EdgeCopyExercise(
      routine, workingSet, residency, geometry: geometry, sourceIsHole: sourceIsHole,
      isDurable: isDurable)
  }

  /// Calls of a routine that does nothing: the floor of every other time.
  public static func floor(_ workingSet: WorkingSet) -> any Exercise { FloorExercise(workingSet) }

  /// Readings of the thread CPU clock, or of the wall clock.
  public static func clock(isThreadClock: Bool) -> any Exercise {
    ClockExercise(isThreadClock: isThreadClock)
  }

  /// A kernel of `PeakRoutine` that tries for the machine's peak; `byteCount` a multiple of 512.
  public static func peak(
    _ routine: CopyRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int
  ) -> any Exercise {
    PeakExercise(routine, workingSet, residency, byteCount: byteCount)
  }
}
