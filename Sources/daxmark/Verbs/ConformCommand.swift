internal import ArgumentParser
internal import Glibc
internal import Plan
internal import Runner

/// `daxmark conform`: the model of FSDAX and the running kernel, step by step.
struct ConformCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conform",
    abstract: "Hold the model of FSDAX against a filesystem of the running kernel.",
    discussion: """
      Runs random steps (write, mapped write, clone, dedupe, punch, …) on both, and compares \
      results, sizes, all bytes, and the sharing of blocks. A difference is shrunk to a short \
      trace, which --replay repeats. Of --scenarios, traces that need privileges are skipped \
      without them. Exit codes: 0 none, 1 a difference or a tool error, 130 interrupted.
      """)

  @Option(help: "A folder on the filesystem, which must be able to clone.")
  var target: String

  @Option(help: "Random steps.")
  var steps = 20_000

  @Option(help: "Seed of all steps; by default drawn, and told.")
  var seed: UInt64?

  @Option(help: "Whose rules the model follows: auto, xfs, btrfs.")
  var personality = "auto"

  @Option(help: "A file with a trace to repeat instead.")
  var replay: String?

  @Option(help: "A folder of traces to run instead, each file that ends in .trace.")
  var scenarios: String?

  @Option(help: "Where a failing trace is written.")
  var out = "conform-failure.trace"

  func validate() throws {
    if steps < 1 || steps > 100_000_000 {
      throw ValidationError("--steps takes a number from 1 to 100000000.")
    }
    if !["auto", "xfs", "btrfs"].contains(personality) {
      throw ValidationError("--personality takes auto, xfs or btrfs.")
    }
    if replay != nil, scenarios != nil {
      throw ValidationError("--replay and --scenarios exclude each other.")
    }
  }

  func run() throws {
    Interrupt.install()
    let place: ConformTarget
    do throws(ConformError) {
      place = try ConformTarget(target, personality: personality)
    } catch {
      throw Failure(.tool, error.description)
    }
    if let replay { return try run(trace: replay, place) }
    if let scenarios { return try run(folder: scenarios, place) }
    try runRandom(place)
  }

  private func runRandom(_ place: ConformTarget) throws {
    let seed = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
    try Terminal.print("\(place.type) at \(place.path), seed \(seed)")
    let run = ConformRun(personality: place.personality, seed: seed, sides: place.sides)
    var progress = ConformProgress(total: steps)
    let outcome: ConformRun.Outcome
    do {
      outcome = try run.run(stepLimit: steps) { done in
        progress.show(done)
        return !Interrupt.isRequested
      }
    } catch {
      progress.clear()
      throw Failure(.tool, "\(error)")
    }
    progress.clear()
    if let failure = outcome.failure, let sentence = place.obstacle(in: failure.difference) {
      throw Failure(.tool, sentence)
    }
    try Terminal.print("\(outcome.stepCount) steps")
    for line in outcome.use.lines { try Terminal.print("  " + line) }
    if let failure = outcome.failure {
      let text = "# \(failure.difference)\n"
      let header = failure.trace.description
      try Terminal.print(header + text)
      do throws(POSIXFailure) {
        try FileSystem.replace(out, with: Array((header + text).utf8))
      } catch {
        throw Failure(
          .tool, "The model and \(place.type) differ, and '\(out)' was not written: \(error.text).")
      }
      throw Failure(
        .tool,
        "The model and \(place.type) differ after \(outcome.stepCount) steps; "
          + "'daxmark conform --target \(target) --personality \(place.personality) "
          + "--replay \(out)' repeats it.")
    }
    if outcome.isInterrupted { throw ExitCode(Failure.Kind.interrupted.rawValue) }
  }

  private func run(trace path: String, _ place: ConformTarget) throws {
    let trace = try Scenarios.trace(at: path)
    guard isFor(place, trace) else {
      throw Failure(
        .usage,
        "'\(path)' is a trace for \(trace.personality), and '\(target)' is taken as "
          + "\(place.personality); --personality chooses.")
    }
    if let reason = try obstacle(place, trace, path) {
      throw Failure(.tool, "'\(path)' \(reason).")
    }
    var runs = TraceRuns(place)
    try runs.run(trace, path)
    try runs.finish(nil)
  }

  private func run(folder: String, _ place: ConformTarget) throws {
    var runs = TraceRuns(place)
    for path in try Scenarios.files(in: folder) {
      if Interrupt.isRequested { throw ExitCode(Failure.Kind.interrupted.rawValue) }
      let trace = try Scenarios.trace(at: path)
      if !isFor(place, trace) {
        runs.skipOther()
      } else if let reason = try obstacle(place, trace, path) {
        try runs.skipForbidden(path, reason)
      } else {
        try runs.run(trace, path)
      }
    }
    try runs.finish(folder)
  }

  private func isFor(_ place: ConformTarget, _ trace: Trace) -> Bool {
    ["any", place.personality].contains(trace.personality)
  }

  /// What this process may not do of a trace; a trace for other blocks is no matter of rights.
  private func obstacle(
    _ place: ConformTarget, _ trace: Trace, _ path: String
  ) throws -> String? {
    if let obstacle = place.obstacle(to: trace) {
      throw Failure(.usage, "'\(path)' \(obstacle).")
    }
    do throws(ConformError) {
      return try place.missingPrivilege(for: trace)
    } catch {
      throw Failure(.tool, error.description)
    }
  }
}
