internal import ArgumentParser
internal import Glibc
internal import HotCore
internal import Plan
internal import Record
internal import Runner
internal import Verdict

/// `daxmark run`: measures the cells of a suite into a folder, and tells what they say.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Measure a suite, write the results, and show them.",
    discussion: "Prints the result folder as its last line. Ctrl-C keeps what was measured.")

  @OptionGroup var selection: Selection

  @Option(help: "The result folder; by default a new one under results/runs.")
  var out: String?

  @Option(help: "Timed rounds; by default the suite's own.")
  var rounds: Int?

  @Option(help: "Worker processes, one after another; 5 for a baseline.")
  var processes = 1

  @OptionGroup var measuring: MeasuringOptions

  @Option(help: "The baseline to show changes against; by default that of this machine class.")
  var baseline: String?

  @Flag(help: "Reserve the 2 MiB hugetlb pages the plan needs, and give them back.")
  var reserveHugepages = false

  @Flag(help: "Leave out counting instructions step by step.")
  var noInstructions = false

  @Flag(name: [.short, .long], help: "Show only the conclusion, not the table.")
  var summary = false

  func validate() throws {
    if let rounds, rounds < 1 || rounds > 10_000 {
      throw ValidationError("--rounds takes a number from 1 to 10000.")
    }
    if processes < 1 || processes > 1000 {
      throw ValidationError("--processes takes a number from 1 to 1000.")
    }
  }

  func run() throws {
    let suite = try selection.chosenSuite()
    let (chosen, targets) = try selection.chosen()
    targets.handOver()
    let cells = Companions.of(chosen) + chosen
    let machine = RunFacts.machine(extra: targets.facts)
    let stored = try storedBaseline(machine)
    let options = try options(rounds: rounds ?? suite.rounds, stored)
    // Before pages are taken: whoever presses Ctrl-C from here on gets them given back.
    Interrupt.install()
    // Before the folder is claimed: a refusal must not leave one that the next try finds taken.
    let reservation = try reservePages(for: chosen)
    let folder = try RunFolder(
      creating: out
        ?? Results.newRun(
          commit: RunFacts.value("commit", in: machine),
          isDirty: RunFacts.value("dirty", in: machine) == "yes",
          machine: RunFacts.value("class_name", in: machine)))

    let measurement = try Measurement(cells: cells, options: options, folder: folder)
    let outcome = try measurement.run()
    reservation?.release()
    targets.sweep()

    let record = record(outcome, cells, options, machine, started: measurement.startedUnix)
    var writeFailure = measurement.writeFailure
    do throws(Failure) {
      try folder.write(record)
    } catch {
      writeFailure = writeFailure ?? error
    }
    // A full disk must not cost the person what was measured: the table comes in any case.
    let report = Report(
      record: record, baseline: stored?.record, isInterrupted: !outcome.isComplete)
    try Terminal.print(report.text(withTable: !summary))
    if let writeFailure { throw writeFailure }
    try Terminal.print(folder.path)
    if Interrupt.isRequested { throw ExitCode(Failure.Kind.interrupted.rawValue) }
    if outcome.hasFailures { throw ExitCode(Failure.Kind.tool.rawValue) }
  }

  private func options(
    rounds: Int, _ stored: (path: String, record: RunRecord)?
  ) throws(Failure) -> RunOptions {
    var options = RunOptions(
      executable: "/proc/self/exe", core: try measuring.chosenCore(), rounds: rounds,
      processes: processes, seed: measuring.chosenSeed())
    options.countsInstructions = !noInstructions
    for cell in stored?.record.cells ?? [] {
      // The same counts give the same batches; one that is no batch any more is found anew.
      guard let calls = cell.calls, let time = cell.cpuPerCall, calls > 0 else { continue }
      if (5e5...2e7).contains(Double(calls) * time) || cell.cell.operation == .fault {
        options.knownCalls[cell.cell] = calls
      }
    }
    return options
  }

  private func storedBaseline(
    _ machine: [MachineFact]
  ) throws(Failure) -> (path: String, record: RunRecord)? {
    let path =
      baseline ?? Results.baseline(of: RunFacts.value("class_name", in: machine))
    if baseline == nil, !Results.hasBaseline(path) { return nil }
    return (path, try RunFolder(existing: path).load(orFailWith: .unusableBaseline))
  }

  private func reservePages(for cells: [Cell]) throws(Failure) -> HugePageReservation? {
    guard reserveHugepages else { return nil }
    let threads = cells.filter { $0.parameters.memory == .hugetlb }.map(\.parameters.threads).max()
    guard let threads else { return nil }
    do throws(ArenaError) {
      return try HugePagePool().reserve(threads * Registry.hugePagesPerThread)
    } catch {
      throw Failure(.tool, error.description)
    }
  }

  private func record(
    _ outcome: RunOutcome, _ cells: [Cell], _ options: RunOptions, _ machine: [MachineFact],
    started: Int
  ) -> RunRecord {
    let others = cells.compactMap { cell -> CellResult? in
      if let (status, reason) = outcome.exceptions[cell] {
        return CellResult(cell: cell, status: status, reason: reason)
      }
      return outcome.notes[cell].map { CellResult(cell: cell, status: .ok, reason: $0) }
    }
    let facts =
      machine + [
        MachineFact("suite", selection.suiteName),
        MachineFact("seed", String(options.seed)),
        MachineFact("rounds", String(options.rounds)),
        MachineFact("processes_per_moment", String(options.processes)),
        MachineFact("core", String(options.core)),
        MachineFact("run_started_unix", String(started)),
        MachineFact("run_complete", outcome.isComplete ? "1" : "0"),
      ]
    return RunRecord(
      machine: facts, samples: outcome.samples,
      cells: Summary.results(plan: cells, samples: outcome.samples, others: others),
      ledger: outcome.ledger)
  }
}
