internal import ArgumentParser
internal import Glibc
internal import Plan
internal import Record
internal import Runner
internal import Verdict

/// `daxmark duel`: whether B is slower than A, decided here and now.
struct DuelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "duel",
    abstract: "Measure two builds, or two routines, against each other, and judge the second.",
    discussion: """
      A and B are executables, git revisions, or '.' for the working tree. Batches of both \
      alternate on one core until every cell is decided. An invocation within an hour on the same \
      two builds adds to the earlier one. The suite is 'gate', and of routines 'default', unless \
      another is named. Exit codes: 0 pass, 2 confirmed regression, 3 \
      inconclusive. Ctrl-C keeps what was measured.
      """)

  @Argument(help: "A, the baseline, and B, the candidate.")
  var sides: [String] = []

  @Option(help: "Two routines of this daxmark instead: first A's, then B's.")
  var routine: [String] = []

  @OptionGroup var suites: SuiteOptions

  @OptionGroup var narrowing: Narrowing

  @OptionGroup var measuring: MeasuringOptions

  @OptionGroup var target: TargetOption

  @Option(help: "A folder for a copy of the results, which lie under results/duels.")
  var out: String?

  @Flag(help: "Exit 2 instead of 3 when something could not be decided.")
  var strict = false

  @Flag(help: "Exit 6 on a confirmed improvement.")
  var failOnImprovement = false

  @OptionGroup var reportFormat: ReportFormat

  func validate() throws {
    if sides.isEmpty == routine.isEmpty {
      throw ValidationError("A duel takes two builds, or two of --routine.")
    }
    if !sides.isEmpty, sides.count != 2 {
      throw ValidationError("A duel takes two builds: A, the baseline, and B, the candidate.")
    }
    if !routine.isEmpty, routine.count != 2 || routine[0] == routine[1] {
      throw ValidationError("A duel of routines takes --routine twice, with different names.")
    }
  }

  func run() throws {
    try reportFormat.guarding { () throws(Failure) in try fight() }
  }

  private func fight() throws(Failure) -> Int32 {
    let choice = choice
    let (cells, targets) = try routine.isEmpty ? choice.chosenHere() : choice.chosen()
    targets.handOver()
    defer { targets.sweep() }
    let core = try measuring.chosenCore()
    Interrupt.install()
    let (a, b) = try duelists()
    let options = DuelOptions(
      a: a.executable, b: b.executable, core: core, seed: measuring.chosenSeed())
    let contests =
      routine.isEmpty
      ? try DuelContests(cells: cells, of: choice, options: options)
      : DuelContests(cells: cells, a: routine[0], b: routine[1])
    let session = DuelSession(
      a: a, b: b, contests: contests, options: options, suite: choice.suiteName,
      failOnImprovement: failOnImprovement, isStrict: strict, format: reportFormat,
      targets: targets, copy: out)
    return try session.carryOut()
  }

  private var choice: CellChoice {
    var choice = CellChoice(
      suiteName: suites.name(usual: routine.isEmpty ? "gate" : "default", narrowing),
      narrowing: narrowing, routines: routine.isEmpty ? nil : routine,
      directories: target.directories)
    // A duel of routines prints one name for the cells of both; each of the two is as good.
    if let a = routine.first, let b = routine.last {
      choice.names = { cell in [a, b, "\(a):\(b)"].map { cell.with(routine: $0).name } }
    }
    return choice
  }

  private func duelists() throws(Failure) -> (a: Duelist, b: Duelist) {
    if !routine.isEmpty {
      return (try Duelist(routine: routine[0]), try Duelist(routine: routine[1]))
    }
    var progress = BuildProgress()
    defer { progress.clear() }
    let revisions = Revisions()
    let a = try revisions.resolve(sides[0], as: "A") { progress.show($0) }
    let b = try revisions.resolve(sides[1], as: "B") { progress.show($0) }
    return (try Duelist(a), try Duelist(b))
  }
}
