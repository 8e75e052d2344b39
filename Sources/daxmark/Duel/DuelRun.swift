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
  /// Whether nothing ended it before its time.
  private(set) var isComplete = false

  private let contests: [Contest]
  private let options: DuelOptions
  private let limits: DuelLimits
  private let earlier: [Cell: [[Double]]]
  private let confirmsImprovement: Bool
  private var indices: [Cell: Int] = [:]

  /// A duel not yet begun.
  ///
  /// - Parameters:
  ///   - contests: What is compared.
  ///   - options: How it is measured.
  ///   - limits: The numbers of the rule.
  ///   - earlier: Runs of earlier invocations, oldest first.
  ///   - confirmsImprovement: Whether a possible improvement gets pairs of its own.
  init(
    contests: [Contest], options: DuelOptions, limits: DuelLimits = DuelLimits(),
    earlier: [Cell: [[Double]]] = [:], confirmsImprovement: Bool = false
  ) {
    self.contests = contests
    self.options = options
    self.limits = limits
    self.earlier = earlier
    self.confirmsImprovement = confirmsImprovement
  }

  /// Fights it.
  ///
  /// - Parameter observe: told about every step; returning false ends it.
  /// - Throws: `RunError` when a worker is lost.
  mutating func fight(observe: (DuelEvent) -> Bool) throws(RunError) {
    var duel = try Duel(contests: contests, options: options)
    let isPrepared = try duel.prepare(observe: observe)
    admit(duel.exceptions)
    var goesOn = isPrepared ? try measure(&duel, observe) : false
    while goesOn {
      let open = cells.filter { $0.next.isFreshRun }.map(\.cell)
      if open.isEmpty { break }
      goesOn = try duel.renew(open, observe: observe)
      drop(duel.exceptions)
      if goesOn {
        for cell in open { indices[cell].map { cells[$0].beginFreshRun() } }
        goesOn = try measure(&duel, observe)
      }
    }
    exceptions = duel.exceptions
    isComplete = goesOn
    for index in cells.indices { cells[index].stop("the duel was interrupted") }
  }

  /// The cells that both sides could prepare are the family.
  private mutating func admit(_ exceptions: [Cell: DuelException]) {
    let ready = contests.map(\.cell).filter { exceptions[$0] == nil }
    for (index, cell) in ready.enumerated() {
      indices[cell] = index
      cells.append(
        DuelCell(
          cell: cell, limits: limits, familySize: ready.count, earlier: earlier[cell] ?? [],
          confirmsImprovement: confirmsImprovement))
    }
  }

  private mutating func drop(_ exceptions: [Cell: DuelException]) {
    for (cell, exception) in exceptions {
      indices[cell].map { cells[$0].stop("\(exception.side.rawValue): \(exception.reason)") }
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
        pairs += measured
        cells[index].add(measured.map(\.logRatio))
        if measured.count == count, duel.exceptions[cell] == nil { continue }
        guard duel.exceptions[cell] != nil else { return false }
        drop(duel.exceptions)
      }
    }
    return true
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
    let batches = pairs.filter { $0.cell.parameters.threads == 1 }.flatMap { [$0.a, $0.b] }
    let contended = batches.filter {
      Double($0.wallNanoseconds) > 1.2 * Double($0.cpuNanoseconds)
    }.count
    guard contended * 5 > batches.count else { return nil }
    return "The machine was contended: in \(contended * 100 / batches.count) % of the batches wall "
      + "time exceeded 1.2 × CPU time; the verdict is by CPU time."
  }
}

extension DuelCell.Step {
  fileprivate var isFreshRun: Bool { if case .freshRun = self { true } else { false } }
}

extension PairSample {
  /// log(B/A) of the thread CPU times.
  var logRatio: Double { quotient(b.cpuNanoseconds, a.cpuNanoseconds) }
}

extension [PairSample] {
  /// log(B/A) of the frozen references that were measured with the pairs.
  var referenceShifts: [Cell: [Double]] {
    var shifts: [Cell: [Double]] = [:]
    for pair in self {
      guard let times = pair.reference, let reference = pair.cell.reference else { continue }
      shifts[reference, default: []].append(
        quotient(times.bCPUNanoseconds, times.aCPUNanoseconds))
    }
    return shifts
  }
}

/// The logarithm of a quotient of times; the reader and the workers let no zero through.
private func quotient(_ candidate: Int, _ baseline: Int) -> Double {
  Logarithm.log(Double(max(candidate, 1)) / Double(max(baseline, 1)))
}

extension String {
  fileprivate var withoutStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
