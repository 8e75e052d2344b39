internal import Plan
internal import Record
internal import Verdict

/// The two clocks of pairs: CPU time decides, wall time tells of the machine.
extension [PairSample] {
  /// log(B/A) of the frozen references that were measured with the pairs.
  var referenceShifts: [Cell: [Double]] {
    var shifts: [Cell: [Double]] = [:]
    for pair in self {
      guard let times = pair.reference, let reference = pair.cell.reference else { continue }
      shifts[reference, default: []].append(
        quotient(times.bCPUNanoseconds, times.aCPUNanoseconds))
    }
    return shifts
  }

  /// log(B/A) of the wall times of each cell.
  var wallRatios: [Cell: [Double]] {
    var ratios: [Cell: [Double]] = [:]
    for pair in self {
      ratios[pair.cell, default: []].append(
        quotient(pair.b.wallNanoseconds, pair.a.wallNanoseconds))
    }
    return ratios
  }

  /// The share of batches beside which others computed, when it is over a fifth: then the duel is
  /// contended, which is said and changes nothing.
  var contendedShare: Double? {
    // Work on files waits for devices by nature, and tells nothing of others.
    let own = filter { !$0.cell.isOnFilesystem }
    let batches = own.flatMap { [$0.isDisturbed($0.a), $0.isDisturbed($0.b)] }
    let share = Double(batches.count { $0 }) / Double(Swift.max(batches.count, 1))
    return share > 0.2 ? share : nil
  }
}

extension PairSample {
  /// log(B/A) of the thread CPU times.
  var logRatio: Double { quotient(b.cpuNanoseconds, a.cpuNanoseconds) }

  /// CPU time is summed over the threads, wall time is not.
  fileprivate func isDisturbed(_ batch: Side) -> Bool {
    let wall = Double(batch.wallNanoseconds) * Double(cell.parameters.threads)
    return wall > 1.2 * Double(batch.cpuNanoseconds)
  }
}

/// The logarithm of a quotient of times; the reader and the workers let no zero through.
private func quotient(_ candidate: Int, _ baseline: Int) -> Double {
  Logarithm.log(Double(max(candidate, 1)) / Double(max(baseline, 1)))
}
