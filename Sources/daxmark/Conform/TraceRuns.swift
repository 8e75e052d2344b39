internal import ArgumentParser
internal import Plan
internal import Runner

/// Runs traces on both sides, one after the other, and counts how they end.
struct TraceRuns {
  private let place: ConformTarget
  private var use = RuleUse()
  private var runCount = 0
  private var differenceCount = 0
  private var otherCount = 0
  private var forbiddenCount = 0

  init(_ place: ConformTarget) { self.place = place }

  /// Runs a trace of a file, and tells what differs.
  mutating func run(_ trace: Trace, _ path: String) throws {
    let sides: (model: any TraceExecutor, live: any TraceExecutor)
    do throws(ConformError) {
      sides = try place.sides()
    } catch {
      throw Failure(.tool, error.description)
    }
    var comparison = Comparison(
      model: sides.model, live: sides.live, isBtrfs: place.personality == "btrfs")
    let difference = comparison.run(trace.steps)
    use.add(comparison.use)
    runCount += 1
    if let difference {
      if let sentence = place.obstacle(in: difference) { throw Failure(.tool, sentence) }
      differenceCount += 1
      try Terminal.print("\(path): \(difference)")
    }
  }

  /// Counts a trace whose rules the model does not follow here.
  mutating func skipOther() { otherCount += 1 }

  /// Tells of a trace that this process may not run, and counts it.
  mutating func skipForbidden(_ path: String, _ reason: String) throws {
    forbiddenCount += 1
    try Terminal.print("\(path): skipped; it \(reason)")
  }

  /// Tells the counts; a difference, or a folder of which nothing was run, is a failure.
  ///
  /// - Parameter folder: Where the traces come from, or nil for a single one.
  /// - Throws: `Failure` or an exit code for those, and what printing throws.
  func finish(_ folder: String?) throws {
    if runCount == 0, let folder {
      let reason = forbiddenCount > 0 ? " that this process may run" : ""
      throw Failure(.tool, "'\(folder)' has no trace for \(place.personality)\(reason).")
    }
    var counts = ["\(runCount) traces, \(differenceCount) with a difference"]
    if otherCount > 0 { counts.append("\(otherCount) are not for \(place.personality)") }
    if forbiddenCount > 0 { counts.append("\(forbiddenCount) need privileges") }
    try Terminal.print(counts.joined(separator: "; "))
    for line in use.lines { try Terminal.print("  " + line) }
    if differenceCount > 0 { throw ExitCode(Failure.Kind.tool.rawValue) }
  }
}
