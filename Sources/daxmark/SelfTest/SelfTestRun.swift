internal import Plan
internal import Record
internal import Runner
internal import Verdict

/// A self-test being carried out, step by step.
struct SelfTestRun {
  /// Judges the steps.
  private(set) var judge: SelfTestJudge
  /// The steps so far, in order.
  private(set) var steps: [SelfTestStep] = []
  /// The first runs of the build against itself; `run` counts the sessions.
  private(set) var recorded: [PairSample] = []
  /// Cells that this machine cannot run, and why.
  private(set) var skipped: [Cell: String] = [:]

  /// The core that is measured on.
  let core: Int
  /// The seed of all orders.
  let seed: UInt64

  private let contests: [Contest]
  private let executable: String
  private let isRecording: Bool
  private var generator: SeededGenerator
  private var progress: SelfTestProgress
  private var pairs = SelfTestPairs()
  /// Steps with an injection so far, counted from a third of the cells that the seed chooses.
  private var injectedSteps: Int

  /// Pairs that a recording has of each cell in each run: as many as the rule may ask for.
  static let recordedPairs = DuelLimits().pairsMaximum

  /// A self-test not yet begun.
  ///
  /// - Parameters:
  ///   - judge: What judges, and how much is done.
  ///   - cells: What duels.
  ///   - executable: Both sides.
  ///   - core: The core to measure on.
  ///   - seed: Of all orders.
  ///   - isRecording: Whether each gate run of a build against itself has workers of its own and
  ///     a whole run of pairs.
  ///   - layouts: How many other layouts are measured after this.
  init(
    judge: SelfTestJudge, cells: [Cell], executable: String, core: Int, seed: UInt64,
    isRecording: Bool, layouts: Int
  ) {
    self.judge = judge
    contests = cells.map { Contest($0) }
    self.core = core
    self.seed = seed
    self.executable = executable
    self.isRecording = isRecording
    generator = SeededGenerator(seed: seed)
    injectedSteps = Int(seed % UInt64(judge.plan.cellStride))
    progress = SelfTestProgress(
      plan: judge.plan, isRecording: isRecording, layouts: layouts)
  }

  /// Steps 1 to 6.
  ///
  /// - Returns: Whether they were carried out; false when somebody stopped it. The step that was
  ///   being measured then is judged by what it had.
  /// - Throws: `Failure` when something cannot be measured.
  mutating func measure() throws(Failure) -> Bool {
    defer { progress.clear() }
    let plan = judge.plan
    let same = sameRuns()
    // First of all what it says about the cells: those that may not gate are judged nowhere.
    let (dispersion, advisory) = judge.dispersion(pairs)
    judge.advisory = Set(advisory)
    guard
      try conclude(
        same, judge.same(same.judged, name: "same", inconclusiveMaximum: plan.inconclusiveMaximum))
    else { return false }
    for injection in plan.injections {
      let permille = injection.permille
      let runs = runs(injection.gateRuns, "injected", permille: permille)
      guard try conclude(runs, judge.injected(runs.judged, permille: permille)) else {
        return false
      }
    }
    guard try measureBesideNeighbour() else { return false }
    let swap = plan.swapped
    let swapped = runs(swap.gateRuns, "swapped", permille: swap.permille, side: .a)
    guard try conclude(swapped, judge.swapped(swapped.judged, permille: swap.permille)) else {
      return false
    }
    add(judge.order(pairs))
    add(judge.permutation(pairs, seed: seed))
    add(dispersion)
    return true
  }

  /// Step 7.
  mutating func compareMoments(of baseline: RunRecord?) { add(judge.stored(baseline)) }

  /// Step 8: a build against others of the same source.
  ///
  /// - Returns: Whether it was carried out.
  /// - Throws: `Failure` when something cannot be measured.
  mutating func compareLayouts(_ layouts: LayoutProbe.Builds) throws(Failure) -> Bool {
    defer { progress.clear() }
    var all: [[SelfTestGateRun]] = []
    for other in layouts.others {
      let runs = runs(SelfTestProgress.layoutRuns, "layout", sides: (layouts.plain, other))
      if let failure = runs.failure { throw failure }
      guard runs.isWhole else { return false }
      all.append(runs.judged)
    }
    add(judge.layout(all))
    return true
  }

  /// Takes over a step that was not carried out.
  mutating func skip(_ name: String, _ why: String) { add(judge.skipped(name, why)) }

  private mutating func add(_ step: SelfTestStep) { steps.append(step) }

  /// Gate runs of a step: those that were carried out, and why not all of them.
  private struct Trials {
    var planned: Int
    var judged: [SelfTestGateRun] = []
    var sessions = 0
    var failure: Failure?

    var isWhole: Bool { judged.count == planned }
  }

  /// Adds the step that judges some trials; false when somebody stopped them.
  private mutating func conclude(_ trials: Trials, _ step: SelfTestStep) throws(Failure) -> Bool {
    if !trials.judged.isEmpty {
      var step = step
      if !trials.isWhole {
        let ended = "ended after \(trials.judged.count) of \(trials.planned) gate runs"
        step.detail = step.detail.isEmpty ? ended : "\(ended); \(step.detail)"
      }
      add(step)
    }
    if let failure = trials.failure { throw failure }
    return trials.isWhole
  }

  /// Step 1, whose pairs the steps 4 to 6 look at as well.
  private mutating func sameRuns() -> Trials {
    let plan = judge.plan
    let perSession = isRecording ? 1 : plan.runsPerSession
    var trials = Trials(planned: plan.sameRuns)
    for number in 0... {
      if trials.isWhole { break }
      var session = self.session(contests, pairs: isRecording ? Self.recordedPairs : 0)
      // Also of a session that ends before its time.
      defer { record(session.firstPairs, session: number) }
      guard fight(&session, perSession, "same", &trials) else { break }
      keep(session.firstPairs)
    }
    return trials
  }

  private mutating func keep(_ measured: [PairSample]) {
    var byCell: [Cell: [SelfTestPair]] = [:]
    for pair in measured {
      byCell[pair.cell, default: []].append(
        SelfTestPair(logRatio: pair.logRatio, isBFirst: pair.order == .bFirst))
    }
    for contest in contests { pairs.add(byCell[contest.cell] ?? [], of: contest.cell) }
  }

  private mutating func record(_ measured: [PairSample], session: Int) {
    guard isRecording else { return }
    for var pair in measured {
      pair.run = session
      recorded.append(pair)
    }
  }

  /// Step 3.
  private mutating func measureBesideNeighbour() throws(Failure) -> Bool {
    let plan = judge.plan
    let neighbour = try Neighbour(core: core)
    let same = runs(plan.neighbourSameRuns, "neighbour")
    try check(neighbour)
    guard
      try conclude(
        same, judge.same(same.judged, name: "neighbour-same", inconclusiveMaximum: nil))
    else { return false }
    let injection = plan.neighbourInjection
    let injected = runs(
      injection.gateRuns, "neighbour-injected", permille: injection.permille)
    try check(neighbour)
    return try conclude(
      injected, judge.neighbourInjected(injected.judged, permille: injection.permille))
  }

  private func check(_ neighbour: borrowing Neighbour) throws(Failure) {
    if neighbour.isAlive { return }
    throw Failure(.tool, "The neighbour ended before its time; beside none nothing is proven.")
  }

  /// Gate runs in sessions, until they are all there or one of them ends before its time.
  private mutating func runs(
    _ count: Int, _ phase: String, permille: Int = 0, side: DuelSide = .b,
    sides: (a: String, b: String)? = nil
  ) -> Trials {
    var trials = Trials(planned: count)
    let isInjected = permille > 0
    let name = isInjected ? "\(phase) +\(Double(permille) / 10) %" : phase
    let chosen = isInjected ? injectable : contests
    if isInjected { injectedSteps += 1 }
    while !trials.isWhole {
      var session = self.session(chosen, permille: permille, side: side, sides: sides)
      guard fight(&session, judge.plan.runsPerSession, name, &trials) else { break }
    }
    return trials
  }

  /// What the next step with an injection takes: of a part, one that is judged.
  private var injectable: [Contest] {
    let judged = contests.filter { !judge.advisory.contains($0.cell) }
    let isPart = judge.plan.cellStride > 1 && !judged.isEmpty
    return judge.plan.cells(isPart ? judged : contests, injectedIn: injectedSteps)
  }

  private mutating func session(
    _ contests: [Contest], pairs: Int = 0, permille: Int = 0, side: DuelSide = .b,
    sides: (a: String, b: String)? = nil
  ) -> SelfTestSession {
    var options = DuelOptions(
      a: sides?.a ?? executable, b: sides?.b ?? executable, core: core, seed: generator.next())
    options.repeatPermille = permille
    options.repeatingSide = side
    return SelfTestSession(contests: contests, options: options, firstPairsMinimum: pairs)
  }

  /// Adds the gate runs of a session, at most so many; false when it ended before its time.
  private mutating func fight(
    _ session: inout SelfTestSession, _ most: Int, _ phase: String, _ trials: inout Trials
  ) -> Bool {
    let count = min(most, trials.planned - trials.judged.count)
    let cellCount = session.contests.count
    do throws(Failure) {
      let isWhole = try session.fight(count) { cellsDone in
        progress.show(phase, cellsDone: cellsDone, of: max(cellCount, 1))
        return !Interrupt.isRequested
      }
      progress.advance(gateRuns: count)
      for (cell, exception) in session.skipped { skipped[cell] = exception.reason }
      guard isWhole else { return false }
      trials.judged += session.gateRuns.map { $0.judged(session: trials.sessions) }
      trials.sessions += 1
      return true
    } catch {
      trials.failure = error
      return false
    }
  }
}
