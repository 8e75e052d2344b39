internal import ArgumentParser
internal import Record

/// `daxmark report`: the table of a run measured earlier.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Show a run again; the latest one by default.")

  @Argument(help: "The run folder.")
  var folder: String?

  @Option(help: "The baseline folder; by default that of the run's machine class.")
  var baseline: String?

  func run() throws {
    let run = try RunFolder(existing: try folder ?? Results.latestRun()).load(orFailWith: .tool)
    let path = baseline ?? Results.baseline(of: run.fact("class_name") ?? "unknown")
    let stored =
      baseline == nil && !Results.hasBaseline(path)
      ? nil : try RunFolder(existing: path).load(orFailWith: .unusableBaseline)
    let report = Report(
      record: run, baseline: stored, isInterrupted: run.fact("run_complete") == "0")
    try Terminal.print(report.text(withTable: true))
  }
}
