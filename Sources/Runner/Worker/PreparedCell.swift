internal import CHost
internal import HotCore

/// A cell made ready in a worker.
protocol PreparedCell: AnyObject {
  /// The variant chosen while preparing, or empty.
  var note: String { get }
  /// Carries the cell out once and checks it.
  func verify() throws(CellException)
  /// The call count of a batch of about so many nanoseconds.
  func calibrate(targetNanoseconds: Int) throws(CellException) -> Int
  /// Times one batch.
  func batch(calls: Int) throws(CellException) -> BatchMeasurement
  /// What one call does, counted.
  func counts() throws(CellException) -> CallCounts
}

/// Why a cell gives no measurement.
enum CellException: Error {
  /// This machine cannot run it.
  case skipped(String)
  /// It went wrong.
  case failed(String)
}

/// An exercise of the hot core between clock readings.
final class TimedExercise: PreparedCell {
  let note: String
  private let exercise: any Exercise
  private let workingSet: WorkingSet

  /// Counting the instructions of a longer call takes longer than it tells: 20 µs each.
  private static let traceStepLimit = 6_000
  private static let traceByteLimit = 64 << 10

  init(_ exercise: any Exercise, _ workingSet: WorkingSet, note: String = "") {
    self.exercise = exercise
    self.workingSet = workingSet
    self.note = note
  }

  func verify() throws(CellException) {
    do throws(ExerciseError) {
      try exercise.verify()
    } catch {
      throw .failed(error.description)
    }
  }

  func calibrate(targetNanoseconds: Int) -> Int {
    exercise.arrange()
    defer { exercise.settle() }
    return Calibration.calls(targetNanoseconds: targetNanoseconds) { calls in
      let start = chost_thread_cpu_ns()
      exercise.run(calls: calls)
      return Int(chost_thread_cpu_ns() - start)
    }
  }

  func batch(calls: Int) -> BatchMeasurement {
    exercise.place = workingSet.turn
    exercise.arrange()
    defer {
      exercise.settle()
      workingSet.turn = exercise.place
    }
    var before = chost_usage()
    var after = chost_usage()
    // SAFETY: the out-parameters live through the calls.
    unsafe chost_thread_usage(&before)
    let wall = chost_wall_ns()
    let cpu = chost_thread_cpu_ns()
    exercise.run(calls: calls)
    let cpuEnd = chost_thread_cpu_ns()
    let wallEnd = chost_wall_ns()
    unsafe chost_thread_usage(&after)
    var batch = BatchMeasurement()
    batch.calls = calls
    batch.cpuNanoseconds = Int(cpuEnd - cpu)
    batch.wallNanoseconds = Int(wallEnd - wall)
    batch.bytes = calls * exercise.byteCountPerCall
    batch.involuntarySwitches = Int(after.involuntary_switches - before.involuntary_switches)
    batch.faultsObserved = Int(after.minor_faults - before.minor_faults)
    batch.pageBytes = workingSet.pageByteCount
    return batch
  }

  func counts() throws(CellException) -> CallCounts {
    let volume = exercise.volume
    var counts = CallCounts()
    counts.bytesCopied = volume.copiedByteCount
    counts.bytesZeroed = volume.zeroedByteCount
    counts.bytesCompared = volume.comparedByteCount
    // A variant chosen by time may be another one the next time; its own row has its counts.
    if !note.isEmpty || exercise.byteCountPerCall > Self.traceByteLimit { return counts }
    do throws(TraceError) {
      let traced = try workingSet.whileInherited { () throws(TraceError) in
        try exercise.trace(stepLimit: Self.traceStepLimit)
      }
      counts.linesWrittenBack = traced.linesWrittenBack
      counts.nonTemporalBytes = traced.nonTemporalBytes
      counts.fences = traced.fences
      counts.instructions = traced.instructions
    } catch {
      switch error {
      // A long call, or a machine without single-stepping, leaves the instruction counts empty.
      case .limit, .stuck, .unavailable: break
      case .signal: throw .failed("Counting instructions failed: \(error).")
      }
    }
    return counts
  }
}
