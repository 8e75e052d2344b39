internal import Glibc
internal import Record
internal import Verdict

/// Where a self-test is kept: `selftest.csv` of the machine class, with the ones before it.
struct SelfTestFiles {
  /// Self-tests that are kept; older ones say nothing that anybody reads, unless they decide which
  /// cells may gate, or failed and nothing has cleared that.
  private static let kept = 20

  let machine: [MachineFact]
  /// Whether all cells of the gate were tested; a part of them speaks for none of the others.
  let isWhole: Bool

  var machineClass: String { RunFacts.value("class_name", in: machine) }
  private var path: String { SelfTestRecord.path(of: machineClass) }

  /// The baseline of the machine class, nil where there is none that can be read.
  var baseline: RunRecord? {
    let folder = Results.baseline(of: machineClass)
    guard FileSystem.exists("\(folder)/\(RecordFile.samples.rawValue)") else { return nil }
    return try? RunFolder(existing: folder).load(orFailWith: .unusableBaseline)
  }

  /// Makes sure that the result can be kept, before anything is measured.
  func check() throws(Failure) {
    guard isWhole else { return }
    do throws(POSIXFailure) {
      try FileSystem.tryFolder(Results.baseline(of: machineClass))
    } catch {
      throw Failure(.tool, "'\(path)' could not be written: \(error.text).")
    }
  }

  /// Adds the steps to those of earlier self-tests.
  ///
  /// A file that cannot be read is replaced: it blocks the gate, and this is what repairs it.
  ///
  /// - Returns: The file, or nil where a part is not kept.
  func keep(_ steps: [SelfTestStep]) throws(Failure) -> String? {
    guard isWhole else { return nil }
    let bytes = (try? FileSystem.read(path)) ?? []
    let earlier = (try? SelfTestStep.decoded(bytes)) ?? []
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(Results.baseline(of: machineClass))
      try FileSystem.replace(path, with: SelfTestStep.encoded(Self.adding(steps, to: earlier)))
    } catch {
      throw Failure(.tool, "'\(path)' could not be written: \(error.text).")
    }
    return path
  }

  /// The rows that are kept: the new ones, and of the earlier ones those that somebody reads.
  static func adding(_ steps: [SelfTestStep], to earlier: [SelfTestStep]) -> [SelfTestStep] {
    let now = Set(steps.map(\.startedUnix))
    // Rows of a time to come, from a clock that was set back, would stay the last ones for ever.
    let latest = now.max() ?? 0
    let old = earlier.filter { !now.contains($0.startedUnix) && $0.startedUnix <= latest }
    let read = SelfTestStanding.standing(in: old + steps)
      .union(SelfTestAdvice.deciding(in: old + steps))
      .union(Set(old.map(\.startedUnix)).sorted().suffix(kept - 1))
    return old.filter { read.contains($0.startedUnix) } + steps
  }

  /// The rows of `machine.csv` beside a recording.
  func facts(of test: SelfTestRun, isWhole: Bool) -> [MachineFact] {
    machine + [
      MachineFact("suite", "gate"), MachineFact("seed", String(test.seed)),
      MachineFact("core", String(test.core)),
      MachineFact("self_test_mode", test.judge.plan.name),
      MachineFact("duel_started_unix", String(test.judge.startedUnix)),
      MachineFact("duel_ended_unix", String(Int(time(nil)))),
      MachineFact("duel_complete", isWhole ? "1" : "0"),
      MachineFact("pairs", String(test.recorded.count)),
    ]
  }
}
