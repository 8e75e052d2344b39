internal import HotCore
internal import LiveFS

/// A class of page faults of the running kernel.
final class FaultCell: PreparedCell {
  let note = ""
  private var exercise: FaultExercise

  /// Each thread's pages: a batch of 4 KiB faults takes about 1 ms, one of 2 MiB faults a few.
  static let byteCountPerThread = 16 << 20

  init(
    access: LiveFS.FaultAccess, memory: FaultMemory, pageByteCount: Int, threads: Int, cores: [Int]
  ) throws(CellException) {
    do throws(FaultError) {
      exercise = try FaultExercise(
        access: access, memory: memory, pageByteCount: pageByteCount, threads: threads,
        byteCountPerThread: Self.byteCountPerThread, cores: cores)
    } catch {
      throw CellException(error)
    }
  }

  func verify() throws(CellException) { _ = try pass(exercise.pagesPerThread, verifying: true) }

  /// One pass over all pages: a page faults only once.
  func calibrate(targetNanoseconds: Int) -> Int { exercise.pagesPerThread * exercise.threads }

  func batch(calls: Int) throws(CellException) -> BatchMeasurement {
    let pages = min(max(calls / exercise.threads, 1), exercise.pagesPerThread)
    return try pass(pages, verifying: false)
  }

  private func pass(_ pages: Int, verifying: Bool) throws(CellException) -> BatchMeasurement {
    do throws(FaultError) {
      try exercise.rearm()
      let measured = exercise.run(pages: pages)
      if verifying { try exercise.verify() }
      var batch = BatchMeasurement(measured)
      let proof = exercise.obtainedPages
      batch.pageBytes = proof.evidence == .none ? exercise.pageByteCount : proof.bytesPerPage
      batch.bytes = batch.calls * batch.pageBytes
      return batch
    } catch {
      throw CellException(error)
    }
  }

  func counts() -> CallCounts {
    var counts = CallCounts()
    counts.faults = 1
    return counts
  }
}

/// The frozen reference of faults.
final class FaultReferenceCell: PreparedCell {
  let note = ""
  private var reference: FaultReference

  init() throws(CellException) {
    do throws(FaultError) {
      reference = try FaultReference(byteCount: 8 << 20)
    } catch {
      throw CellException(error)
    }
  }

  func verify() throws(CellException) {
    do throws(FaultError) {
      try reference.rearm()
      _ = reference.run(pages: reference.pages)
      try reference.verify(pages: reference.pages)
    } catch {
      throw CellException(error)
    }
  }

  func calibrate(targetNanoseconds: Int) -> Int { reference.pages }

  func batch(calls: Int) throws(CellException) -> BatchMeasurement {
    do throws(FaultError) {
      try reference.rearm()
      var batch = BatchMeasurement(reference.run(pages: min(calls, reference.pages)))
      batch.bytes = batch.calls * FaultReference.pageByteCount
      batch.pageBytes = FaultReference.pageByteCount
      return batch
    } catch {
      throw CellException(error)
    }
  }

  func counts() -> CallCounts { CallCounts() }
}

extension BatchMeasurement {
  init(_ measured: FaultMeasurement) {
    self.init()
    calls = measured.touches
    cpuNanoseconds = measured.cpuNanoseconds
    wallNanoseconds = measured.wallNanoseconds
    faultsExpected = measured.faultsExpected
    faultsObserved = measured.faultsObserved
    involuntarySwitches = measured.involuntarySwitches
  }
}

extension CellException {
  init(_ error: FaultError) {
    switch error {
    case .unavailable(let reason): self = .skipped(reason)
    case .failed(let reason): self = .failed(reason)
    }
  }
}
