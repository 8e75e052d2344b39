internal import Glibc
internal import Record

/// Where results lie, below the current folder.
enum Results {
  static let runs = "results/runs"
  static let baselines = "results/baselines"

  /// The folder of a new run: `<utc>-<commit>-<machine>`, with a number behind it when taken.
  static func newRun(commit: String, isDirty: Bool, machine: String) -> String {
    unused("\(runs)/\(utc())-\(commit)\(isDirty ? "-dirty" : "")-\(machine)")
  }

  /// The name, with a number behind it when taken.
  static func unused(_ name: String) -> String {
    var candidate = name
    var number = 2
    while FileSystem.exists(candidate) {
      candidate = "\(name)-\(number)"
      number += 1
    }
    return candidate
  }

  /// Finished run folders, the oldest first: their names begin with the time.
  static func finishedRuns() -> [String] {
    FileSystem.names(in: runs).map { "\(runs)/\($0)" }
      .filter { FileSystem.exists("\($0)/cells.csv") }
  }

  /// The newest finished run.
  static func latestRun() throws(Failure) -> String {
    guard let run = finishedRuns().last else {
      throw Failure(.tool, "There is no run under '\(runs)'; 'make bench' makes one.")
    }
    return run
  }

  /// The newest run and the whole ones of the same executable before it, the oldest first, at most
  /// three.
  static func latestRunsOfOneBuild() throws(Failure) -> [String] {
    let latest = try latestRun()
    let build = line("executable_hash", of: latest) ?? latest
    let same = finishedRuns().reversed().filter {
      $0 == latest
        || line("executable_hash", of: $0) == build
          && line("run_complete", of: $0)?.hasSuffix(",0") != true
    }
    return same.prefix(3).reversed()
  }

  /// The line of a fact in a run's `machine.csv`, without reading the rest of the run.
  private static func line(_ fact: String, of run: String) -> String? {
    let bytes = (try? FileSystem.read("\(run)/machine.csv")) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
      .first { $0.contains(",\(fact),") }.map(String.init)
  }

  /// The baseline folder of a machine class.
  static func baseline(of machineClass: String) -> String { "\(baselines)/\(machineClass)" }

  /// Whether a folder of a class holds a baseline: it may hold a self-test alone.
  static func hasBaseline(_ path: String) -> Bool {
    RecordFile.ofRun.contains { FileSystem.exists("\(path)/\($0.rawValue)") }
  }

  /// The time as names have it: `20260131T235959Z`.
  static func utc() -> String {
    var now = time(nil)
    // SAFETY: tm holds a pointer to the zone's name, which nothing here reads.
    var parts = unsafe tm()
    // SAFETY: both records are ours and alive for the call.
    unsafe gmtime_r(&now, &parts)
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : String(value) }
    return unsafe "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))T"
      + "\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))Z"
  }
}
