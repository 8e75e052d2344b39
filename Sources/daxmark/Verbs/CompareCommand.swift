internal import ArgumentParser
internal import Record
internal import Verdict

/// `daxmark compare A B`: what differs between two runs, as a description, never a verdict.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Show how two runs differ; describes, never judges.")

  @Argument(help: "The run folder, or baseline, to compare from.")
  var a: String

  @Argument(help: "The run folder to compare with.")
  var b: String

  @Flag(help: "Show every cell, not only those whose intervals part.")
  var all = false

  func run() throws {
    let first = try RunFolder(existing: a).load(orFailWith: .unusableBaseline)
    let second = try RunFolder(existing: b).load(orFailWith: .tool)
    let comparison = Comparison(first, second)
    try Terminal.print(ComparisonTable(comparison, showsAll: all).render())
  }
}
