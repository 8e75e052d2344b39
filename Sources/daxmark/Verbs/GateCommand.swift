internal import ArgumentParser
internal import Plan
internal import Record
internal import Verdict

/// `daxmark gate`: the verdict CI blocks on.
struct GateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Judge runs by the stored baseline of this machine class.",
    discussion: """
      Without folders it judges the latest run, with those of the same executable before it as \
      confirmation. A regression must repeat in two runs at least a minute apart. Exit codes: 0 \
      pass, 2 confirmed regression, 3 inconclusive or not comparable, 4 baseline unusable, 5 the \
      gate's self-test failed, 6 improvement with --fail-on-improvement.
      """)

  @Argument(help: "Run folders of one build; the latest ones by default.")
  var runs: [String] = []

  @Option(help: "The baseline folder; by default that of the runs' machine class.")
  var baseline: String?

  @Flag(help: "Exit 2 instead of 3 when nothing could be decided.")
  var strict = false

  @Flag(help: "Exit 6 on a confirmed improvement: the baseline is stale.")
  var failOnImprovement = false

  @Flag(help: "Judge runs of fewer cells than the baseline has, by the cells they have.")
  var part = false

  @OptionGroup var narrowing: Narrowing

  @OptionGroup var reportFormat: ReportFormat

  func run() throws {
    try reportFormat.report { () throws(Failure) in
      var report = try judge()
      report.isStrict = strict
      return report
    }
  }

  private func judge() throws(Failure) -> GateReport {
    let folders = runs.isEmpty ? try Results.latestRunsOfOneBuild() : runs
    var records: [RunRecord] = []
    for folder in folders {
      let record = try RunFolder(existing: folder).load(orFailWith: .tool)
      // What was interrupted may lack the very rounds that would have shown something.
      if record.fact("run_complete") == "0" {
        throw Failure(.tool, "'\(folder)' was interrupted; only whole runs are judged.")
      }
      records.append(record)
    }
    // The mean of two builds says nothing about either.
    if Set(records.compactMap { $0.fact("executable_hash") }).count > 1 {
      throw Failure(.tool, "The runs are of different builds; 'daxmark gate' judges one.")
    }
    let machineClass = records.last?.fact("class_name") ?? "unknown"
    let path = baseline ?? Results.baseline(of: machineClass)
    guard Results.hasBaseline(path) else {
      throw Failure(
        .unusableBaseline,
        "There is no baseline '\(path)' of this machine class; 'make baseline' records one.")
    }
    let stored = try RunFolder(existing: path).load(orFailWith: .unusableBaseline)
    let notice = try SelfTestRecord.check(machineClass: machineClass, beside: path)
    let chosen = try narrowed([stored] + records)
    let outcome = GateOutcome(
      baseline: chosen[0], candidates: Array(chosen.dropFirst()),
      failOnImprovement: failOnImprovement, allowsPart: part)
    var report = outcome.report(runs: folders, baseline: path)
    if let notice { report.notices.append(notice) }
    return report
  }
  /// The records with the chosen cells alone, and what travels with all of them.
  private func narrowed(_ records: [RunRecord]) throws(Failure) -> [RunRecord] {
    if narrowing.isEmpty { return records }
    var seen: Set<Cell> = []
    let cells = records.flatMap { $0.cells.map(\.cell) }
      .filter { !$0.operation.isHarness && seen.insert($0).inserted }
    let kept = try narrowing.kept(of: cells, in: "the baseline or the runs") { column in
      // Of words and numbers any may be asked for; names must be there.
      guard ["suite", "operation", "engine", "routine"].contains(column),
        let place = Cell.keyColumns.firstIndex(of: column)
      else { return [] }
      return Array(Set(cells.map { $0.keyFields[place] })).sorted()
    }
    let wanted = Set(kept)
    return records.map { $0.keeping { $0.operation.isHarness || wanted.contains($0) } }
  }
}

extension RunRecord {
  /// The record with some of its cells.
  fileprivate func keeping(_ isKept: (Cell) -> Bool) -> RunRecord {
    RunRecord(
      machine: machine, samples: samples.filter { isKept($0.cell) },
      cells: cells.filter { isKept($0.cell) }, ledger: ledger.filter { isKept($0.cell) })
  }
}
