import Plan
public import Record

/// Several runs become the record that later runs are judged by.
public enum Baseline {
  /// Facts that must be equal in all runs of a baseline.
  static let bindingFacts = ["schema", "reference_hash", "class_hash"]

  /// Merges runs into one record.
  ///
  /// Moments are renumbered in time order; cells are summarised again over all batches; a cell
  /// that failed or was skipped in any run keeps that status. A fact that differs between the runs
  /// keeps all its values, joined by ` | `, so that nothing later passes for equal to it; a count
  /// of the ledger taken in some runs only is kept. The facts `moments`, `moment_times_unix`,
  /// `moment_spacing_seconds_min` (more than one moment) and `processes_per_moment` (of the moment
  /// that has the fewest) are set.
  ///
  /// - Parameter runs: One or more runs, each with the facts of `Fingerprint` and
  ///   `run_started_unix` in seconds; a run of several moments also with `moment_times_unix`
  ///   (seconds joined by `;`, one for each moment), which a merged record has.
  /// - Returns: The merged record.
  /// - Throws: `BaselineError` when there is no run, a fact is missing or binds and differs, two
  ///   runs hold the same moment, or a cell's ledger differs.
  public static func merge(_ runs: [RunRecord]) throws(BaselineError) -> RunRecord {
    guard let first = runs.first else { throw BaselineError("there is no run to record") }
    for name in bindingFacts {
      var values: [String] = []
      for run in runs { values.append(try fact(name, of: run)) }
      let meaning = Fingerprint.meaning(of: name, values[0])
      if let other = values.first(where: { Fingerprint.meaning(of: name, $0) != meaning }) {
        throw BaselineError(
          "the runs differ in \(name) (\(values[0]) and \(other)) and cannot be one baseline")
      }
    }
    var moments: [Moment] = []
    for run in runs.indices { moments += try Self.moments(of: runs[run], run: run) }
    moments.sort { $0.time < $1.time }
    for (earlier, later) in zip(moments, moments.dropFirst()) where earlier.time == later.time {
      throw BaselineError("two runs hold the same moment (\(earlier.time)): one was given twice")
    }
    var samples: [Sample] = []
    for (number, moment) in moments.enumerated() {
      for var sample in runs[moment.run].samples where sample.moment == moment.number {
        sample.moment = number
        samples.append(sample)
      }
    }
    let reports =
      runs.flatMap(\.cells).filter { $0.status == .ok }
      + runs.flatMap(\.cells)
      .filter { $0.status != .ok }
    return RunRecord(
      machine: mergedFacts(runs, moments, samples), samples: samples,
      cells: Summary.results(plan: first.cells.map(\.cell), samples: samples, others: reports),
      ledger: try mergedLedger(runs))
  }

  private struct Moment {
    let time: Int
    let run: Int
    let number: Int
  }

  private static func fact(_ name: String, of run: RunRecord) throws(BaselineError) -> String {
    guard let value = run.fact(name) else {
      throw BaselineError("machine.csv of a run does not hold the fact \(name)")
    }
    return value
  }

  /// The moments of a run: those its batches name, or one when nothing was timed.
  private static func moments(of record: RunRecord, run: Int) throws(BaselineError) -> [Moment] {
    let numbers = Set(record.samples.map(\.moment)).sorted()
    let name: String
    let text: String
    if let times = record.fact("moment_times_unix") {
      (name, text) = ("moment_times_unix", times)
    } else {
      (name, text) = ("run_started_unix", try fact("run_started_unix", of: record))
    }
    let times = text.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) }
    let valid = times.compactMap(\.self).filter { $0 >= 0 }
    guard valid.count == times.count else {
      throw BaselineError("the fact \(name) is not a time: \(text)")
    }
    guard (numbers.last ?? 0) < valid.count else {
      throw BaselineError(
        "a run of \(numbers.count) moments gives \(valid.count) times in its fact \(name)")
    }
    return (numbers.isEmpty ? [0] : numbers).map { number in
      Moment(time: valid[number], run: run, number: number)
    }
  }

  private static func mergedFacts(
    _ runs: [RunRecord], _ moments: [Moment], _ samples: [Sample]
  ) -> [MachineFact] {
    var names: [String] = []
    var values: [String: [String]] = [:]
    for fact in runs.flatMap(\.machine) {
      if values[fact.name] == nil { names.append(fact.name) }
      if values[fact.name]?.contains(fact.value) != true {
        values[fact.name, default: []].append(fact.value)
      }
    }
    let times = moments.map(\.time)
    var processes = [Set<Int>](repeating: [], count: moments.count)
    for sample in samples where sample.status.isTimed {
      processes[sample.moment].insert(sample.process)
    }
    var own = [
      MachineFact("run_started_unix", String(times[0])),
      MachineFact("moments", String(times.count)),
      MachineFact("moment_times_unix", times.map(String.init).joined(separator: ";")),
      MachineFact("processes_per_moment", String(processes.map(\.count).min() ?? 0)),
    ]
    if let spacing = zip(times, times.dropFirst()).map({ $1 - $0 }).min() {
      own.append(MachineFact("moment_spacing_seconds_min", String(spacing)))
    }
    let ownNames = Set(own.map(\.name)).union(["moment_spacing_seconds_min"])
    return names.filter { !ownNames.contains($0) }.map { name in
      // What is written is of this build's schema, whatever the runs were.
      if name == "schema" { return MachineFact(name, String(schemaVersion)) }
      return MachineFact(name, (values[name] ?? []).joined(separator: " | "))
    } + own
  }

  private static func mergedLedger(_ runs: [RunRecord]) throws(BaselineError) -> [LedgerEntry] {
    var merged: [LedgerEntry] = []
    var places: [Cell: Int] = [:]
    for entry in runs.flatMap(\.ledger) {
      guard let place = places[entry.cell] else {
        places[entry.cell] = merged.count
        merged.append(entry)
        continue
      }
      let old = merged[place].counts
      let new = entry.counts
      for (index, name) in LedgerEntry.countColumns.enumerated() {
        if let a = old[index], let b = new[index], a != b {
          throw BaselineError(
            "the runs count differently: \(name) of \"\(entry.cell.name)\" is \(a) and \(b)")
        }
      }
      merged[place].counts = zip(old, new).map { $0 ?? $1 }
    }
    return merged
  }
}
