internal import CHost
internal import FSDAX
internal import Glibc

/// A cell of the model: works of one or more threads, each batch armed anew.
@safe final class ModelCell: PreparedCell {
  let note = ""
  private let works: [any ModelWork]
  private let crew: ModelCrew?

  /// One work runs on the worker's own thread; more, and those with company, run on a crew, each on
  /// a core of its own.
  init(
    _ works: [any ModelWork], background: CloneLoop? = nil, cores: [Int]
  ) throws(CellException) {
    self.works = works
    crew =
      works.count > 1 || background != nil
      ? try ModelCrew(workers: works.count, background: background, cores: cores) : nil
  }

  func verify() throws(CellException) {
    let calls = min(works[0].callLimit, 64)
    let check = { () throws(ModelError) in
      for work in self.works { try work.check(calls: calls) }
    }
    _ = try armed({ () throws(FSDAXError) in try measured(calls) }, before: check)
  }

  func calibrate(targetNanoseconds: Int) throws(CellException) -> Int {
    var best = Int.max
    let limit = works[0].callLimit
    for _ in 0..<3 {
      let trial = try batch(calls: limit * works.count)
      best = min(best, max(trial.cpuNanoseconds, 1))
    }
    // Only one side of a duel calibrates, and both must be at the same places.
    for work in works { work.rewind() }
    let perThread = Double(limit) * Double(targetNanoseconds * works.count) / Double(best)
    return max(min(Int(perThread.rounded()), limit), 1) * works.count
  }

  func batch(calls: Int) throws(CellException) -> BatchMeasurement {
    try armed { () throws(FSDAXError) in
      // Calls beyond the limit find no place to work at, and would be counted for nothing.
      try measured(min(max(calls / works.count, 1), works[0].callLimit))
    }
  }

  /// Does something with all works armed, and something else before they are disarmed.
  private func armed<Result>(
    _ body: () throws(FSDAXError) -> Result, before last: () throws(ModelError) -> Void = {}
  ) throws(CellException) -> Result {
    var wrong: ModelError?
    let result: Result
    do throws(FSDAXError) {
      for work in works { try work.arm() }
      result = try body()
      do throws(ModelError) { try last() } catch { wrong = error }
      for work in works { try work.disarm() }
    } catch {
      // What was armed is given back, so that cells to come find the volume as they should.
      for work in works { do throws(FSDAXError) { try work.disarm() } catch { continue } }
      throw .failed(error.description)
    }
    switch wrong {
    case .failed(let error): throw .failed(error.description)
    case .wrong(let what): throw .failed(what)
    case nil: return result
    }
  }

  private func measured(_ calls: Int) throws(FSDAXError) -> BatchMeasurement {
    let before = works[0].takesFaults ? works[0].volume.ledger : nil
    var measured =
      if let measured = try crew?.run(works, calls: calls) { measured } else { try alone(calls) }
    measured.calls = calls * works.count
    (measured.faultsExpected, measured.faultsObserved) = (0, 0)
    if let before {
      // What counts is what the model took; the kernel's own faults are part of a trap.
      let faults = works[0].volume.ledger - before
      measured.faultsExpected = measured.calls
      measured.faultsObserved = faults[.pteFaults] + faults[.pmdFaults]
    }
    measured.bytes = measured.calls * works[0].byteCountPerCall
    measured.pageBytes = works[0].pageByteCount
    return measured
  }

  private func alone(_ calls: Int) throws(FSDAXError) -> BatchMeasurement {
    let work = works[0]
    var before = chost_usage()
    var after = chost_usage()
    // SAFETY: the out-parameters live through the calls.
    unsafe chost_thread_usage(&before)
    let wall = chost_wall_ns()
    let cpu = chost_thread_cpu_ns()
    try work.run(calls: calls)
    let cpuEnd = chost_thread_cpu_ns()
    let wallEnd = chost_wall_ns()
    unsafe chost_thread_usage(&after)
    var batch = BatchMeasurement()
    batch.cpuNanoseconds = Int(cpuEnd - cpu)
    batch.wallNanoseconds = Int(wallEnd - wall)
    batch.involuntarySwitches = Int(after.involuntary_switches - before.involuntary_switches)
    batch.faultsObserved = Int(after.minor_faults - before.minor_faults)
    return batch
  }

  /// What the first call after arming does, by the volume's own ledger.
  func counts() throws(CellException) -> CallCounts {
    try armed { () throws(FSDAXError) in
      let work = works[0]
      let before = work.volume.ledger
      try work.run(calls: 1)
      return CallCounts(work.volume.ledger - before)
    }
  }
}

extension CallCounts {
  /// The counts of a volume's ledger under the names all engines share.
  init(_ ledger: Ledger) {
    self.init()
    bytesCopied =
      ledger[.edgeBytesCopied] + ledger[.bytesWritten] + ledger[.bytesRead]
      + ledger[.unshareBytesCopied] + ledger[.faultBytesCopied] + ledger[.privateBytesCopied]
    bytesZeroed =
      ledger[.edgeBytesZeroed] + ledger[.bytesZeroed] + ledger[.faultBytesZeroed]
      + ledger[.zerosRead]
    bytesCompared = ledger[.bytesCompared]
    linesWrittenBack = ledger[.linesFlushed]
    nonTemporalBytes = ledger[.bytesStreamed]
    fences = ledger[.fences]
    faults = ledger[.pteFaults] + ledger[.pmdFaults]
    beginEndPairs = ledger[.begins]
    refcountUpdates = ledger[.refcountUpdates]
    blocksAllocated = ledger[.blocksAllocated]
    extentsRemapped = ledger[.extentsRemapped]
    fallbacks = ledger[.fallbacks]
  }
}
