internal import CPersist

/// Where two ranges first differ.
public enum Difference: Sendable {
  /// Nowhere.
  case none
  /// At byte 0.
  case first
  /// At byte `byteCount / 2`.
  case middle
  /// At the last byte.
  case last

  /// Offset of the first difference in a range, nil without one.
  func offset(in byteCount: Int) -> Int? {
    switch self {
    case .none: nil
    case .first: 0
    case .middle: byteCount / 2
    case .last: byteCount - 1
    }
  }
}

/// Pairs of ranges from the source and its twin, made to differ where a cell says.
///
/// Ranges that differ in the middle or at the end get one byte changed in the twin before a batch
/// and put back after it; the changed line is flushed, so that it is no warmer than the others.
/// Ranges that differ at byte 0 compare the source with the twin one line further on: the bytes are
/// random, and only blocks whose first bytes differ take part. They may overlap, because a call
/// reads one line of each, and it takes many to exceed a cache.
@safe final class CompareOperands {
  let difference: Difference
  let rangeByteCount: Int
  private let workingSet: WorkingSet
  private let rotation: Rotation
  private let step: Int
  private let line: Int
  /// An instruction that throws the line out of all caches; clwb may keep it.
  private let evict: FlushFunction?
  @unsafe var loop: LoopOperands

  /// Operands whose ranges hold a whole number of blocks of `extentByteCount`.
  init(
    _ workingSet: WorkingSet, _ residency: Residency, rangeByteCount: Int, extentByteCount: Int,
    difference: Difference
  ) {
    self.workingSet = workingSet
    self.difference = difference
    self.rangeByteCount = rangeByteCount
    line = workingSet.topology.lineByteCount
    unsafe evict = FlushRoutine.all().first { $0.name == "clflush" && $0.isAvailable }?.function
    let isFirst = difference == .first
    let unit = isFirst ? line : (extentByteCount + line - 1) / line * line
    step = isFirst ? 1 : rangeByteCount / extentByteCount
    precondition(rangeByteCount <= workingSet.regionByteCount, "a range lies in a region")
    rotation = workingSet.rotation(
      residency, unitByteCount: unit,
      byteCount: residency == .l1 || isFirst ? extentByteCount : unit,
      rangeByteCount: isFirst ? 0 : rangeByteCount,
      differingBy: isFirst ? line : nil)
    // SAFETY: working set and rotation live beside the operands; the line further on lies in the
    // gap behind the region at worst. Only whole ranges take part.
    unsafe loop = LoopOperands(
      source: workingSet.source, target: workingSet.twin + (isFirst ? line : 0),
      units: rotation.units, unitCount: max(rotation.count / step * step, 1), unitByteCount: unit)
  }

  /// Bytes a call compares, up to and including the first difference.
  var comparedByteCount: Int {
    difference.offset(in: rangeByteCount).map { $0 + 1 } ?? rangeByteCount
  }

  /// The first pair of the rotation.
  @unsafe var first: (source: UnsafeRawPointer, target: UnsafeMutableRawPointer) {
    var start = unsafe loop
    unsafe start.cursor = 0
    return unsafe start.next()
  }

  /// The next place of the rotation, the first of a range.
  var place: Int {
    get { unsafe loop.cursor }
    set { unsafe loop.cursor = newValue % loop.unitCount / step * step }
  }

  func warmUpCount(_ residency: Residency) -> Int {
    switch residency {
    case .l1: 16
    case .lastLevel: max(rotation.count / step, 1)
    case .memory: 1
    }
  }

  /// Flips one byte of the twin for each range; the same call again puts it back.
  func flip(extentByteCount: Int) {
    guard difference != .first, let offset = difference.offset(in: rangeByteCount) else { return }
    let extent = offset / extentByteCount
    var place = extent
    // A block that comes more than once in the rotation is changed once.
    while unsafe place < min(loop.unitCount, rotation.distinctCount) {
      // SAFETY: place is in the rotation, the byte in its block.
      let byte =
        unsafe workingSet.twin + Int(rotation.units[place]) * loop.unitByteCount
        + offset % extentByteCount
      unsafe byte.storeBytes(of: ~byte.load(as: UInt8.self), as: UInt8.self)
      unsafe evict?(byte, 1)
      place += step
    }
    cpersist_fence()
  }

  /// The naive oracle: the first offset at which two ranges differ, or their size.
  @unsafe static func naive(
    _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ byteCount: Int
  ) -> Int {
    for index in 0..<byteCount
    where unsafe left.load(fromByteOffset: index, as: UInt8.self)
      != right.load(fromByteOffset: index, as: UInt8.self)
    {
      return index
    }
    return byteCount
  }
}

/// Compares one pair of blocks a call.
final class CompareExercise: Exercise {
  private let routine: CompareRoutine
  private let residency: Residency
  private let byteCount: Int
  private let operands: CompareOperands

  /// An exercise over a rotation of the source and its twin.
  init(
    _ routine: CompareRoutine, _ workingSet: WorkingSet, _ residency: Residency, byteCount: Int,
    difference: Difference
  ) {
    self.routine = routine
    self.residency = residency
    self.byteCount = byteCount
    operands = CompareOperands(
      workingSet, residency, rangeByteCount: byteCount, extentByteCount: byteCount,
      difference: difference)
  }

  var byteCountPerCall: Int { operands.comparedByteCount }

  var volume: ExerciseVolume {
    ExerciseVolume(comparedByteCount: operands.comparedByteCount)
  }

  func verify() throws(ExerciseError) {
    operands.flip(extentByteCount: byteCount)
    defer { operands.flip(extentByteCount: byteCount) }
    let (source, target) = unsafe operands.first
    // SAFETY: both blocks hold byteCount bytes.
    let found = unsafe Int(routine.function(source, target, byteCount))
    let naive = unsafe CompareOperands.naive(source, target, byteCount)
    let wanted = operands.difference.offset(in: byteCount) ?? byteCount
    if found != wanted || naive != wanted {
      throw ExerciseError(
        "The compare '\(routine.name)' found the first difference of \(byteCount) bytes at "
          + "\(found), the oracle at \(naive), and it was made at \(wanted)")
    }
  }

  var place: Int {
    get { operands.place }
    set { operands.place = newValue }
  }

  func arrange() {
    operands.flip(extentByteCount: byteCount)
    run(calls: operands.warmUpCount(residency))
  }

  func settle() { operands.flip(extentByteCount: byteCount) }

  func run(calls: Int) {
    // SAFETY: CompareOperands keeps everything alive and sized for byteCount.
    unsafe TimedLoops.compare(
      routine.function, &operands.loop, byteCount: byteCount, calls: calls)
  }

  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts {
    operands.flip(extentByteCount: byteCount)
    defer { operands.flip(extentByteCount: byteCount) }
    let (source, target) = unsafe operands.first
    return try unsafe InstructionTrace.measure(
      compare: routine.function, first: source, second: target, byteCount: byteCount,
      stepLimit: stepLimit)
  }
}

/// Compares two files' ranges extent by extent, each call one pair of ranges.
final class DedupeExercise: Exercise {
  private let routine: CompareRoutine
  private let residency: Residency
  private let extentByteCount: Int
  private let operands: CompareOperands

  /// An exercise whose ranges of `rangeByteCount` hold a whole number of scattered extents.
  init(
    _ routine: CompareRoutine, _ workingSet: WorkingSet, _ residency: Residency,
    rangeByteCount: Int, extentByteCount: Int, difference: Difference
  ) {
    precondition(rangeByteCount % extentByteCount == 0, "a range holds whole extents")
    self.routine = routine
    self.residency = residency
    self.extentByteCount = extentByteCount
    operands = CompareOperands(
      workingSet, residency, rangeByteCount: rangeByteCount, extentByteCount: extentByteCount,
      difference: difference)
  }

  private var extentCount: Int { operands.rangeByteCount / extentByteCount }

  var byteCountPerCall: Int { operands.comparedByteCount }

  var volume: ExerciseVolume {
    ExerciseVolume(comparedByteCount: operands.comparedByteCount)
  }

  func verify() throws(ExerciseError) {
    operands.flip(extentByteCount: extentByteCount)
    defer { operands.flip(extentByteCount: extentByteCount) }
    var walk = unsafe operands.loop
    unsafe walk.cursor = 0
    var equal = 0
    for _ in 0..<extentCount {
      let (source, target) = unsafe walk.next()
      // SAFETY: both extents hold extentByteCount bytes.
      let found = unsafe Int(routine.function(source, target, extentByteCount))
      let naive = unsafe CompareOperands.naive(source, target, extentByteCount)
      if found != naive {
        throw ExerciseError(
          "The compare '\(routine.name)' found the first difference of an extent at \(found), "
            + "the oracle at \(naive)")
      }
      equal += found
      if found != extentByteCount { break }
    }
    let wanted = operands.difference.offset(in: operands.rangeByteCount) ?? operands.rangeByteCount
    if equal != wanted {
      throw ExerciseError("The ranges differ at \(equal) instead of \(wanted)")
    }
  }

  var place: Int {
    get { operands.place }
    set { operands.place = newValue }
  }

  func arrange() {
    operands.flip(extentByteCount: extentByteCount)
    run(calls: operands.warmUpCount(residency))
  }

  func settle() { operands.flip(extentByteCount: extentByteCount) }

  func run(calls: Int) {
    // SAFETY: CompareOperands keeps everything alive; the rotation holds whole ranges.
    unsafe TimedLoops.dedupe(
      routine.function, &operands.loop, extentByteCount: extentByteCount,
      extentCount: extentCount, step: operands.difference == .first ? 1 : extentCount,
      calls: calls)
  }

  /// One extent, not the range: the walk is ours, the comparison the routine's.
  func trace(stepLimit: Int) throws(TraceError) -> InstructionCounts {
    let (source, target) = unsafe operands.first
    return try unsafe InstructionTrace.measure(
      compare: routine.function, first: source, second: target, byteCount: extentByteCount,
      stepLimit: stepLimit)
  }
}
