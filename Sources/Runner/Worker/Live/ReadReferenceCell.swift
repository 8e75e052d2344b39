internal import CHost
internal import LiveFS

/// The frozen reference of calls on files.
final class ReadReferenceCell: PreparedCell {
  let note = ""
  private let reference: ReadReference

  init() throws(CellException) {
    do throws(FaultError) {
      reference = try ReadReference()
    } catch {
      throw CellException(error)
    }
  }

  func verify() throws(CellException) {
    do throws(FaultError) {
      try reference.verify()
    } catch {
      throw CellException(error)
    }
  }

  func calibrate(targetNanoseconds: Int) -> Int {
    Calibration.calls(targetNanoseconds: targetNanoseconds) { calls in
      let start = chost_thread_cpu_ns()
      _ = reference.run(calls: calls)
      return Int(chost_thread_cpu_ns() - start)
    }
  }

  func batch(calls: Int) throws(CellException) -> BatchMeasurement {
    // The first calls find the file as other cells left the caches.
    _ = reference.run(calls: min(calls, 64))
    var before = chost_usage()
    var after = chost_usage()
    // SAFETY: the out-parameters live through the calls.
    unsafe chost_thread_usage(&before)
    let wall = chost_wall_ns()
    let cpu = chost_thread_cpu_ns()
    let bytes = reference.run(calls: calls)
    let cpuEnd = chost_thread_cpu_ns()
    let wallEnd = chost_wall_ns()
    unsafe chost_thread_usage(&after)
    guard bytes == calls * ReadReference.byteCountPerCall else {
      throw .failed("The reads of the reference gave \(bytes) bytes in \(calls) calls.")
    }
    var batch = BatchMeasurement()
    batch.calls = calls
    batch.cpuNanoseconds = Int(cpuEnd - cpu)
    batch.wallNanoseconds = Int(wallEnd - wall)
    batch.bytes = bytes
    batch.involuntarySwitches = Int(after.involuntary_switches - before.involuntary_switches)
    return batch
  }

  func counts() -> CallCounts { CallCounts() }
}
