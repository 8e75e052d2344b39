internal import ArgumentParser
internal import Glibc
internal import Plan
internal import Record
internal import Runner
internal import Verdict

/// `daxmark selftest`: whether the gate may be believed on this machine.
struct SelfTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Let the gate prove itself on this machine class.",
    discussion: """
      Duels of this build with itself must pass, injected slowdowns must be found, with and \
      without a bursty neighbour on the core. The result is kept beside the baseline of this \
      machine class, where 'gate' and 'duel' read it. --quick takes a minute or two, no option \
      some minutes, --nightly about half an hour on a quiet machine. Exit code 5: a step failed.
      """)

  @Flag(help: "A minute or two: what its few trials refute fails, the rest is not proven.")
  var quick = false

  @Flag(help: "300 gate runs of equal builds, and the layout probe.")
  var nightly = false

  @Flag(help: "Build this working tree with its functions in other places, and compare.")
  var layout = false

  @Option(
    name: [.long, .customShort("f")],
    help: ArgumentHelp(
      "Only cells whose column has one of the values; such a test is not kept.",
      valueName: "column=value,…"))
  var filter: [String] = []

  @Option(help: ArgumentHelp("Gate runs of each step at most; such a test is not kept."))
  var gateRuns: Int?

  @Option(help: "The core to measure on; by default the last one allowed.")
  var core: Int?

  @Option(help: "Seed of all orders; by default drawn.")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Keep 30 pairs of each cell in each run of equal builds, all in workers of their own.",
      valueName: "folder"))
  var record: String?

  @Flag(help: "Print the rows of selftest.csv instead of text.")
  var csv = false

  func validate() throws {
    if quick, nightly { throw ValidationError("--quick and --nightly exclude each other.") }
    if let gateRuns, gateRuns < 1 { throw ValidationError("--gate-runs takes 1 or more.") }
    if quick, record != nil {
      throw ValidationError("--quick has no time to --record; leave one of them out.")
    }
  }

  func run() throws {
    let whole = nightly ? SelfTestPlan.nightly : quick ? .quick : .standard
    let plan = gateRuns.map(whole.limited) ?? whole
    // The suite `gate` has no cell on files: what they lie on is not the gate's to test.
    let cells = try CellChoice(
      suiteName: "gate", filter: filter, engine: nil, routines: nil, directories: []
    ).chosen().cells
    let core = try CPUList.chosen(core)
    Interrupt.install()
    // Before anything is measured: what cannot be written must not cost half an hour.
    let folder = try record.map { path throws(Failure) in try DuelFolder(creating: path) }
    let machine = RunFacts.machine()
    let files = SelfTestFiles(machine: machine, isWhole: filter.isEmpty && gateRuns == nil)
    try files.check()
    let seed = seed ?? UInt64.random(in: 0...UInt64(Int64.max))
    let probesLayout = layout || nightly
    let judge = SelfTestJudge(
      plan: plan, commit: RunFacts.value("commit", in: machine), startedUnix: Int(time(nil)))
    var test = SelfTestRun(
      judge: judge, cells: cells, executable: "/proc/self/exe", core: core, seed: seed,
      isRecording: record != nil, layouts: probesLayout ? LayoutProbe.seeds.count : 0)
    guard try carryOut(&test, files, probesLayout) else {
      throw Failure(.interrupted, "Interrupted; a self-test that is not whole is not kept.")
    }
    let text = SelfTestText.render(test.steps, machineClass: files.machineClass)
    if csv {
      try Terminal.write(
        String(decoding: SelfTestStep.encoded(test.steps), as: UTF8.self), to: 1)
    } else {
      try Terminal.print(text)
    }
    for (cell, reason) in test.skipped.sorted(by: { $0.key.name < $1.key.name }) {
      Terminal.note("daxmark: left out: \(cell.name): \(reason)")
    }
    try folder?.write(
      DuelRecord(machine: files.facts(of: test, seed: seed, core: core), pairs: test.recorded),
      verdict: text)
    if let path = try files.keep(test.steps) { Terminal.note("daxmark: kept in '\(path)'.") }
    if test.steps.contains(where: { !$0.passed }) {
      throw ExitCode(Failure.Kind.selfTestFailed.rawValue)
    }
  }

  /// All steps; false when somebody stopped it.
  private func carryOut(
    _ test: inout SelfTestRun, _ files: SelfTestFiles, _ probesLayout: Bool
  ) throws(Failure) -> Bool {
    guard try test.measure() else { return false }
    test.compareMoments(of: files.baseline)
    guard probesLayout else {
      test.skip("layout", "it takes a build; --layout asks for it")
      return true
    }
    let builds: LayoutProbe.Builds
    do throws(Failure) {
      builds = try LayoutProbe.build()
    } catch {
      if error.kind == .interrupted { return false }
      test.skip("layout", error.sentence)
      return true
    }
    return try test.compareLayouts(builds)
  }
}
