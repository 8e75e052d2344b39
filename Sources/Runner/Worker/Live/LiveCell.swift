internal import HotCore
internal import LiveFS
internal import Plan

/// Calls on files of a real filesystem, each batch armed anew.
///
/// What the note says was seen while the cell was prepared: how much of the files lay in the page
/// cache right before the calls, how much was shared, and how long the sync after a batch took,
/// which is no part of the batch.
final class LiveCell: PreparedCell {
  private(set) var note = ""
  private let exercise: any LiveExercise
  private let threads: Int
  private let pageByteCount: Int
  private let perCall: CallCounts
  private var batchCalls = 1

  /// A batch that waits for a device is cut short at this wall time.
  private static let longestNanoseconds = 50_000_000
  /// How often a batch is made again whose files did not stay where they were put.
  private static let tries = 3

  /// A cell.
  ///
  /// - Parameters:
  ///   - exercise: what is timed.
  ///   - threads: how many share its calls.
  ///   - pageByteCount: what a fault maps; 0 when it is about no pages.
  ///   - perCall: the counts of one call.
  init(
    _ exercise: any LiveExercise, threads: Int = 1, pageByteCount: Int = 0,
    perCall: CallCounts = CallCounts()
  ) {
    self.exercise = exercise
    self.threads = threads
    self.pageByteCount = pageByteCount
    self.perCall = perCall
  }

  func verify() throws(CellException) {
    let first = try pass(calls: min(exercise.callLimit, 16 * threads), verifying: true)
    let perCall = max(first.wallNanoseconds / first.calls, 1)
    let calls = min(exercise.callLimit, Self.longestNanoseconds / perCall)
    batchCalls = max(calls / threads, 1) * threads
    var last = first
    var syncs: [Int] = []
    for _ in 0..<3 {
      last = try pass(calls: batchCalls, verifying: false)
      syncs.append(last.syncNanoseconds)
    }
    note = LiveCell.note(last, syncNanoseconds: syncs.sorted()[1])
  }

  /// As many calls as one arming is good for, whatever the target: arming costs more than they do.
  func calibrate(targetNanoseconds: Int) -> Int { batchCalls }

  func batch(calls: Int) throws(CellException) -> BatchMeasurement {
    let measured = try pass(calls: calls, verifying: false)
    var batch = BatchMeasurement()
    batch.calls = measured.calls
    batch.cpuNanoseconds = measured.cpuNanoseconds
    batch.wallNanoseconds = measured.wallNanoseconds
    batch.bytes = measured.byteCount
    batch.involuntarySwitches = measured.involuntarySwitches
    batch.faultsExpected = measured.faultsExpected
    batch.faultsObserved = measured.faultsObserved
    batch.pageBytes = pageByteCount
    return batch
  }

  func counts() -> CallCounts { perCall }

  private func pass(calls: Int, verifying: Bool) throws(CellException) -> LiveMeasurement {
    let wanted = max(min(calls, exercise.callLimit) / threads, 1) * threads
    var reason = ""
    do throws(FaultError) {
      for _ in 0..<Self.tries {
        try exercise.rearm()
        let measured = try exercise.run(calls: wanted)
        if verifying { try exercise.verify() }
        // Faults that are not what was expected are told by their counts; a batch without any
        // was refused before its first.
        guard let invalid = measured.invalid, measured.faultsExpected == 0 else { return measured }
        reason = invalid
      }
    } catch {
      throw CellException(error)
    }
    throw .skipped(reason)
  }

  private static func note(_ measured: LiveMeasurement, syncNanoseconds: Int) -> String {
    func kibibytes(_ count: Int) -> String { "\(count >> 10) KiB" }
    var text =
      "before a batch of \(measured.calls): in the page cache "
      + "\(kibibytes(measured.sourceResidentByteCount)) of the source, "
      + "\(kibibytes(measured.targetResidentByteCount)) of the target; "
      + "\(kibibytes(measured.sharedByteCount)) shared"
    if measured.syncCount > 0 {
      text += "; not counted: a sync after it, \(syncNanoseconds / 1000) us"
    }
    return text
  }
}
