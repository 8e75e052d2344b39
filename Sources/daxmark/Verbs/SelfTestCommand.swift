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
      machine class, where 'gate' and 'duel' read it. --quick takes about a minute, no option \
      some minutes, --nightly about half an hour on a quiet machine. A test of some of the cells \
      is not kept. Exit code 5: a step failed.
      """)

  @Flag(help: "About a minute: what its few trials refute fails, the rest is not proven.")
  var quick = false

  @Flag(help: "300 gate runs of equal builds, and the layout probe.")
  var nightly = false

  @Flag(help: "Build this working tree with its functions in other places, and compare.")
  var layout = false

  @OptionGroup var narrowing: Narrowing

  @Option(help: ArgumentHelp("Gate runs of each step at most; such a test is not kept."))
  var gateRuns: Int?

  @OptionGroup var measuring: MeasuringOptions

  @Option(
    help: ArgumentHelp(
      "Keep 120 pairs of each cell in each run of equal builds, all in workers of their own.",
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
      suiteName: "gate", narrowing: narrowing, routines: nil, directories: []
    ).chosen().cells
    let core = try measuring.chosenCore()
    Interrupt.install()
    // Before anything is measured: what cannot be written must not cost half an hour.
    let folder = try record.map { path throws(Failure) in try DuelFolder(planning: path) }
    let machine = RunFacts.machine()
    let files = SelfTestFiles(machine: machine, isWhole: narrowing.isEmpty && gateRuns == nil)
    try files.check()
    let probesLayout = layout || nightly
    let judge = SelfTestJudge(
      plan: plan, commit: RunFacts.value("commit", in: machine), startedUnix: Int(time(nil)))
    var test = SelfTestRun(
      judge: judge, cells: cells, executable: "/proc/self/exe", core: core,
      seed: measuring.chosenSeed(),
      isRecording: record != nil, layouts: probesLayout ? LayoutProbe.seeds.count : 0)
    let isWhole: Bool
    do throws(Failure) {
      isWhole = try carryOut(&test, files, probesLayout)
    } catch {
      // The first failure is the one to tell.
      try? show(test, files, isWhole: false)
      try? write(test, files, to: folder, verdict: error.sentence, isWhole: false)
      throw error
    }
    try show(test, files, isWhole: isWhole)
    if !isWhole {
      let sentence = "Interrupted; a self-test that is not whole is not kept."
      try write(test, files, to: folder, verdict: sentence, isWhole: false)
      throw Failure(.interrupted, sentence)
    }
    let text = SelfTestText.render(
      test.steps, machineClass: files.machineClass, isWhole: true)
    for (cell, reason) in test.skipped.sorted(by: { $0.key.name < $1.key.name }) {
      Terminal.note("daxmark: left out: \(cell.name): \(reason)")
    }
    try write(test, files, to: folder, verdict: text, isWhole: true)
    if let path = try files.keep(test.steps) { Terminal.note("daxmark: kept in '\(path)'.") }
    if Interrupt.isRequested {
      throw Failure(.interrupted, "Interrupted in the layout probe; the steps before it are whole.")
    }
    if test.steps.contains(where: { !$0.passed }) {
      throw ExitCode(Failure.Kind.selfTestFailed.rawValue)
    }
  }

  /// Prints the steps, if there are any.
  private func show(
    _ test: SelfTestRun, _ files: SelfTestFiles, isWhole: Bool
  ) throws(Failure) {
    if test.steps.isEmpty { return }
    if csv {
      try Terminal.write(
        String(decoding: SelfTestStep.encoded(test.steps), as: UTF8.self), to: 1)
    } else {
      try Terminal.print(
        SelfTestText.render(test.steps, machineClass: files.machineClass, isWhole: isWhole))
    }
  }

  /// Writes what was recorded, if anything was.
  private func write(
    _ test: SelfTestRun, _ files: SelfTestFiles, to folder: DuelFolder?, verdict: String,
    isWhole: Bool
  ) throws(Failure) {
    guard var folder, !test.recorded.isEmpty else { return }
    let facts = files.facts(of: test, isWhole: isWhole)
    try folder.write(DuelRecord(machine: facts, pairs: test.recorded), verdict: verdict)
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
    // Whatever becomes of the probe, the steps before it are whole.
    do throws(Failure) {
      if try test.compareLayouts(try LayoutProbe.build()) { return true }
      test.skip("layout", "it was interrupted")
    } catch {
      test.skip("layout", error.kind == .interrupted ? "it was interrupted" : error.sentence)
    }
    return true
  }
}
