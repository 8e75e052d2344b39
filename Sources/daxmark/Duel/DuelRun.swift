internal import Plan
internal import Record
internal import Runner
internal import Verdict

/// A duel being fought: pairs are measured until the rule has what it wants of every cell.
///
/// Whatever ends it, what was measured until then stays here.
struct DuelRun {
  /// The cells that duel, in plan order.
  private(set) var cells: [DuelCell] = []
  /// Every pair, in the order measured.
  private(set) var pairs: [PairSample] = []
  /// Cells that are out, and why.
  private(set) var exceptions: [Cell: DuelException] = [:]
  /// Whether the kernel let all workers have one address layout.
  private(set) var hasFixedLayout = true
  /// Whether nothing ended it before its time.
  private(set) var isComplete = false
  /// What was changed under it, in a sentence that names the side: the pairs may be of two builds.
  private(set) var change: String?
  /// What lost a worker, in a sentence that names the side.
  private(set) var loss: String?

  private let contests: [Contest]
  private let options: DuelOptions
  private let limits: DuelLimits
  private let floors: [Cell: Double]
  private let earlier: [Cell: [[Double]]]
  private let confirmsImprovement: Bool
  private var indices: [Cell: Int] = [:]

  /// A duel not yet begun.
  ///
  /// - Parameters:
  ///   - contests: What is compared.
  ///   - options: How it is measured.
  ///   - limits: The numbers of the rule.
  ///   - floors: Of cells whose floor is higher than the rule's.
  ///   - earlier: Runs of earlier invocations, oldest first.
  ///   - confirmsImprovement: Whether a possible improvement gets pairs of its own.
  init(
    contests: [Contest], options: DuelOptions, limits: DuelLimits = DuelLimits(),
    floors: [Cell: Double] = [:], earlier: [Cell: [[Double]]] = [:],
    confirmsImprovement: Bool = false
  ) {
    self.contests = contests
    self.options = options
    self.limits = limits
    self.floors = floors
    self.earlier = earlier
    self.confirmsImprovement = confirmsImprovement
  }

  /// Fights it.
  ///
  /// - Parameters:
  ///   - observe: told about every step; returning false ends it.
  ///   - changed: asked before workers are started anew, and at the end, whether a side's
  ///     executable is another one by now.
  /// - Throws: `RunError` when a worker is lost before anything was measured.
  mutating func fight(
    observe: (DuelEvent) -> Bool, changed: () -> String? = { nil }
  ) throws(RunError) {
    var duel = try Duel(contests: contests, options: options)
    do throws(RunError) {
      isComplete = try fight(&duel, observe, changed)
    } catch {
      take(duel.unfinished)
      if pairs.isEmpty { throw error }
      loss = error.description
    }
    hasFixedLayout = duel.hasFixedLayout
    if change == nil { change = changed() }
    if change != nil { isComplete = false }
    exceptions = duel.exceptions
    let reason =
      loss != nil
      ? "a worker was lost"
      : change != nil ? "an executable was changed" : "the duel was interrupted"
    for index in cells.indices { cells[index].stop(reason) }
  }

  private mutating func fight(
    _ duel: inout Duel, _ observe: (DuelEvent) -> Bool, _ changed: () -> String?
  ) throws(RunError) -> Bool {
    let isPrepared = try duel.prepare(observe: observe)
    admit(duel.exceptions)
    var goesOn = isPrepared ? try measure(&duel, observe) : false
    while goesOn {
      let open = cells.filter { $0.next.isFreshRun }.map(\.cell)
      if open.isEmpty { break }
      change = changed()
      if change != nil { return false }
      goesOn = try duel.renew(open, observe: observe)
      drop(duel.exceptions)
      if goesOn {
        for cell in open { indices[cell].map { cells[$0].beginFreshRun() } }
        goesOn = try measure(&duel, observe)
      }
    }
    return goesOn
  }

  /// The cells that A could prepare are the family: what B alone cannot run any more may be what
  /// the change did, and so is refused and not left out.
  private mutating func admit(_ exceptions: [Cell: DuelException]) {
    let family = contests.map(\.cell).filter { exceptions[$0]?.isOfChange ?? true }
    for (index, cell) in family.enumerated() {
      indices[cell] = index
      cells.append(
        DuelCell(
          cell: cell, limits: limits.raised(toFloor: floors[cell] ?? 0),
          familySize: family.count, earlier: earlier[cell] ?? [],
          confirmsImprovement: confirmsImprovement))
    }
    drop(exceptions)
  }

  private mutating func drop(_ exceptions: [Cell: DuelException]) {
    for (cell, exception) in exceptions {
      indices[cell].map { cells[$0].stop(exception.sentence) }
    }
  }

  /// Measures what the run in progress wants, cell by cell; false when the observer ended it.
  private mutating func measure(
    _ duel: inout Duel, _ observe: (DuelEvent) -> Bool
  ) throws(RunError) -> Bool {
    for cell in duel.order {
      guard let index = indices[cell] else { continue }
      while case .pairs(let count) = cells[index].next {
        let measured = try duel.measure(cell, pairs: count, observe: observe)
        take(measured)
        if measured.count == count, duel.exceptions[cell] == nil { continue }
        guard duel.exceptions[cell] != nil else { return false }
        drop(duel.exceptions)
      }
    }
    return true
  }

  /// Takes in pairs of one cell.
  private mutating func take(_ measured: [PairSample]) {
    pairs += measured
    guard let cell = measured.first?.cell, let index = indices[cell] else { return }
    cells[index].add(measured.map(\.logRatio))
  }

  /// log(B/A) of the frozen references that were measured.
  var referenceShifts: [Cell: [Double]] { pairs.referenceShifts }

  /// Cells that could not duel, by side and reason.
  var unmatched: [GateReport.Unmatched] {
    var lists: [GateReport.Unmatched] = []
    for contest in contests where indices[contest.cell] == nil {
      guard let exception = exceptions[contest.cell] else { continue }
      let verb = exception.status == .skipped ? "cannot run" : "failed"
      let reason = "that \(exception.side.rawValue) \(verb): \(exception.reason.withoutStop)"
      if let known = lists.firstIndex(where: { $0.reason == reason }) {
        lists[known].cells.append(contest.cell)
      } else {
        lists.append(GateReport.Unmatched(reason: reason, cells: [contest.cell]))
      }
    }
    return lists
  }

  /// Whether others used the machine meanwhile, as a sentence.
  var contention: String? {
    pairs.contendedShare.map {
      "The machine was contended: in \(Int($0 * 100)) % of the batches wall time exceeded 1.2 × "
        + "CPU time; the verdict is by CPU time."
    }
  }

  /// That workers lay at addresses of their own each, as a sentence.
  var layoutNotice: String? {
    if hasFixedLayout { return nil }
    return "The kernel does not let programs here start without randomised addresses, so estimates "
      + "scatter up to twice as much (in Docker: --security-opt seccomp=unconfined)."
  }

  /// What the wall clock says of cells that pass, as a sentence.
  var wallAdvice: String? { DuelWall.notice(cells, wallRatios: pairs.wallRatios) }
}

extension DuelCell.Step {
  fileprivate var isFreshRun: Bool { if case .freshRun = self { true } else { false } }
}

extension DuelException {
  /// Whether A was ready when B skipped: it is asked first, and B is not asked after a refusal.
  fileprivate var isOfChange: Bool { side == .b && status == .skipped }

  /// Why its cell stops.
  fileprivate var sentence: String {
    "\(side.rawValue)\(status == .skipped ? " cannot run it" : ""): \(reason.withoutStop)"
  }
}

extension String {
  fileprivate var withoutStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
