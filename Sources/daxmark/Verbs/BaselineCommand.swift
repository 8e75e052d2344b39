internal import ArgumentParser
internal import Record
internal import Verdict

/// `daxmark baseline`: promotes runs to the stored baseline of their machine class.
struct BaselineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Promote runs to the baseline of their machine class.",
    discussion: """
      Each run is one moment. A baseline may gate when it has three moments at least ten minutes \
      apart with five worker processes each; 'make baseline' records that.
      """)

  @Argument(help: "Run folders, one for each moment.")
  var runs: [String]

  @Option(help: "The baseline folder; by default that of the runs' machine class.")
  var out: String?

  func run() throws {
    var records: [RunRecord] = []
    for folder in runs {
      let record = try RunFolder(existing: folder).load(orFailWith: .tool)
      if record.fact("run_complete") == "0" {
        throw Failure(.tool, "'\(folder)' was interrupted; a baseline takes whole runs.")
      }
      records.append(record)
    }
    let merged: RunRecord
    do throws(BaselineError) {
      merged = try Baseline.merge(records)
    } catch {
      throw Failure(.tool, "These runs make no baseline: \(error.description).")
    }
    let path = out ?? Results.baseline(of: merged.fact("class_name") ?? "unknown")
    if let old = try? RunFolder(existing: path).load(orFailWith: .tool), old.fact("moments") == nil
    {
      throw Failure(.tool, "'\(path)' holds a run, which is kept; name another with --out.")
    }
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(path)
    } catch {
      throw Failure(.tool, "The folder '\(path)' cannot be made: \(error.text).")
    }
    try RunFolder(existing: path).write(merged)
    let limit = StoredLimits().deviationMaximum
    let gating = merged.cells.filter { ($0.betweenMomentDeviation ?? 1) <= limit }
    try Terminal.print(
      "\(gating.count) of \(merged.cells.filter { $0.referenceRatio != nil }.count) cells are "
        + "steady enough to gate (between-moment deviation at most 0.6 %).")
    try Terminal.print(path)
  }
}
