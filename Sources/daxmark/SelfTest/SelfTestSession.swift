internal import Plan
internal import Record
internal import Runner
internal import Verdict

/// Some gate runs that share their workers: the first runs of all of them one pair, and so on.
///
/// Each gate run has pairs of its own and is decided by the rule alone, as a duel is; its fresh
/// runs come from other processes than its first run. What the gate runs of a session have in
/// common is what those processes have, so the sessions, not the gate runs, sample that.
struct SelfTestSession {
  /// One gate run.
  struct GateRun {
    fileprivate(set) var cells: [DuelCell] = []
    /// Every pair of the rule, for the references in it.
    fileprivate(set) var pairs: [PairSample] = []

    func judged(session: Int) -> SelfTestGateRun {
      SelfTestGateRun(cells: cells, referenceShifts: pairs.referenceShifts, session: session)
    }
  }

  /// The gate runs, complete when `fight` returned true.
  private(set) var gateRuns: [GateRun] = []
  /// The pairs of all first runs, in the order measured; of those too that ended before their time.
  private(set) var firstPairs: [PairSample] = []
  /// Cells that this machine cannot run, and why.
  private(set) var skipped: [Cell: DuelException] = [:]

  /// What is compared.
  let contests: [Contest]
  private let options: DuelOptions
  private let firstPairsMinimum: Int
  private var indices: [Cell: Int] = [:]

  /// A session not yet begun.
  ///
  /// - Parameters:
  ///   - contests: What is compared.
  ///   - options: How.
  ///   - firstPairsMinimum: Pairs that are measured of a cell in each first run, also where the
  ///     rule needs fewer; it sees none of the others.
  init(contests: [Contest], options: DuelOptions, firstPairsMinimum: Int = 0) {
    self.contests = contests
    self.options = options
    self.firstPairsMinimum = firstPairsMinimum
  }

  /// Carries the gate runs out.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - observe: Told the number of cells done in first runs, of all gate runs; returning false
  ///     ends it.
  /// - Returns: Whether it was carried out.
  /// - Throws: `Failure` when a worker or a cell is lost: what cannot measure proves nothing.
  mutating func fight(
    _ count: Int, observe: (_ cellsDone: Int) -> Bool
  ) throws(Failure) -> Bool {
    do throws(RunError) {
      var duel = try Duel(contests: contests, options: options)
      do throws(RunError) {
        return try fight(&duel, count, observe)
      } catch {
        firstPairs += duel.unfinished.filter { $0.run == 0 }
        throw error
      }
    } catch {
      throw Failure(.tool, error.description)
    }
  }

  private mutating func fight(
    _ duel: inout Duel, _ count: Int, _ observe: (Int) -> Bool
  ) throws(RunError) -> Bool {
    var done = 0
    guard try duel.prepare(observe: { _ in observe(done) }) else { return false }
    try admit(duel.exceptions, count)
    var generator = SeededGenerator(seed: ~options.seed)
    for (run, cell) in visits(of: duel.order, using: &generator) {
      guard let index = indices[cell] else { continue }
      guard try measure(run, index, &duel, { observe(done) }) else { return false }
      done += 1
    }
    while true {
      let open = gateRuns.flatMap { $0.cells.filter(\.wantsFreshRun).map(\.cell) }
      if open.isEmpty { return true }
      let cells = contests.map(\.cell).filter(Set(open).contains)
      guard try duel.renew(cells, observe: { _ in observe(done) }) else { return false }
      try checkExceptions(duel.exceptions)
      for (run, cell) in visits(of: duel.order, using: &generator) {
        guard let index = indices[cell], gateRuns[run].cells[index].wantsFreshRun else { continue }
        gateRuns[run].cells[index].beginFreshRun()
        guard try measure(run, index, &duel, { observe(done) }) else { return false }
      }
    }
  }

  /// The order of measuring: one gate run after another, the cells of each in an order of its own.
  ///
  /// Cells of the kernel give their memory back when another cell's turn comes, and getting them
  /// ready again costs more than their pairs. Their gate runs follow each other.
  private func visits(
    of order: [Cell], using generator: inout SeededGenerator
  ) -> [(run: Int, cell: Cell)] {
    var visits: [(run: Int, cell: Cell)] = []
    for run in gateRuns.indices {
      let cells = order.filter { $0.engine != Registry.liveEngine }
      visits += cells.shuffled(using: &generator).map { (run, $0) }
    }
    for cell in order where cell.engine == Registry.liveEngine {
      visits += gateRuns.indices.map { ($0, cell) }
    }
    return visits
  }

  private mutating func admit(
    _ exceptions: [Cell: DuelException], _ count: Int
  ) throws(RunError) {
    try checkExceptions(exceptions)
    skipped = exceptions
    let ready = contests.map(\.cell).filter { exceptions[$0] == nil }
    for (index, cell) in ready.enumerated() { indices[cell] = index }
    let cells = ready.map { DuelCell(cell: $0, familySize: ready.count) }
    gateRuns = [GateRun](repeating: GateRun(cells: cells), count: count)
  }

  /// A cell that went wrong ends the self-test; one that this machine cannot run is left out.
  private func checkExceptions(_ exceptions: [Cell: DuelException]) throws(RunError) {
    for (cell, exception) in exceptions.sorted(by: { $0.key.name < $1.key.name })
    where exception.status == .error || indices[cell] != nil {
      throw RunError("\(cell.name) failed on side \(exception.side.rawValue): \(exception.reason)")
    }
  }

  /// Measures what the rule wants of a cell in its run; false when the observer ended it.
  private mutating func measure(
    _ run: Int, _ index: Int, _ duel: inout Duel, _ observe: () -> Bool
  ) throws(RunError) -> Bool {
    let cell = gateRuns[run].cells[index].cell
    let isFirst = gateRuns[run].cells[index].runs.count == 1
    var count = 0
    while case .pairs(let wanted) = gateRuns[run].cells[index].next {
      let measured = try duel.measure(cell, pairs: wanted) { _ in observe() }
      try checkExceptions(duel.exceptions)
      if isFirst { firstPairs += measured }
      guard measured.count == wanted else { return false }
      gateRuns[run].pairs += measured
      gateRuns[run].cells[index].add(measured.map(\.logRatio))
      count += wanted
    }
    guard isFirst, count < firstPairsMinimum else { return true }
    let more = firstPairsMinimum - count
    let measured = try duel.measure(cell, pairs: more) { _ in observe() }
    try checkExceptions(duel.exceptions)
    firstPairs += measured
    return measured.count == more
  }
}

extension DuelCell {
  fileprivate var wantsFreshRun: Bool { if case .freshRun = next { true } else { false } }
}
