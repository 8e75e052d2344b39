/// Which page fault is taken; the raw values are the words of the plan and of the CSV files.
public enum FaultAccess: String, CaseIterable, Sendable {
  /// A load from a page nobody touched.
  case readUntouched = "read-untouched"
  /// A store to a page nobody touched.
  case firstWrite = "first-write"
  /// A store to a page that was only read so far.
  case writeAfterRead = "write-after-read"
  /// A store to a private mapping of a file page: the kernel copies it.
  case privateCow = "private-cow"
  /// A store to an anonymous page shared with a forked child: the kernel copies it.
  case forkCow = "fork-cow"

  /// Whether the touch stores.
  var isWrite: Bool { self != .readUntouched }

  /// Whether the touch finds a page with contents, which the kernel must copy.
  var isCopy: Bool { self == .privateCow || self == .forkCow }
}

/// What backs the pages; the raw values are the words of the plan and of the CSV files.
public enum FaultMemory: String, CaseIterable, Sendable {
  /// Private anonymous memory.
  case anonymous
  /// A memory file, mapped shared, or private for `private-cow`.
  case memfd
  /// Private 2 MiB pages of the hugetlb pool; a hugetlb memory file for `private-cow`.
  case hugetlb
}

/// Why an exercise gave no measurement.
public enum FaultError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The class makes no such fault on this machine: a row to skip, with its reason.
  case unavailable(reason: String)
  /// A call failed, or memory did not hold what the class promises: a row in error.
  case failed(reason: String)

  /// The reason, one sentence.
  public var description: String {
    switch self {
    case .unavailable(let reason), .failed(let reason): reason
    }
  }
}

/// One timed pass over the pages of an exercise.
public struct FaultMeasurement: Equatable, Sendable {
  /// Pages touched, all threads together: the calls of the batch.
  public let touches: Int
  /// CPU time of the touching, summed over the threads.
  public let cpuNanoseconds: Int
  /// Wall time of the slowest thread.
  public let wallNanoseconds: Int
  /// Faults the pass should take: one for each touch.
  public let faultsExpected: Int
  /// Minor faults the kernel counted on the threads during the touching.
  public let faultsObserved: Int
  /// Times a thread was preempted during the touching.
  public let involuntarySwitches: Int

  /// Whether the observed faults are within 1 % of the expected.
  public var isReconciled: Bool {
    (faultsObserved - faultsExpected).magnitude * 100 <= faultsExpected.magnitude
  }
}
