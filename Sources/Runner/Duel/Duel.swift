internal import Glibc
public import Plan
public import Record

/// Two builds measured against each other, batch by batch in pairs, by two persistent workers on
/// one core.
///
/// It measures and does not judge: how many pairs a cell gets, and when fresh workers are due, is
/// the caller's to say. A cell that one side cannot run, or fails, is out; a worker that dies or
/// hangs ends the duel, for half a pair says nothing.
public struct Duel: ~Copyable {
  let contests: [Contest]
  let options: DuelOptions
  var workers: DuelWorkers
  var generator: SeededGenerator
  private let indices: [Cell: Int]
  /// Frozen references, each once; their ids follow those of the contests.
  let references: [Cell]
  private let referenceIDs: [Int?]
  private var prepared: Set<Int> = []
  private var calls: [Int: Int] = [:]
  /// The contest whose pairs are being measured: prepared and warm.
  private var current: Int?
  /// The side that made the last batch of this run.
  var latest: DuelSide?
  var orders: [Int: PairOrder] = [:]
  private var pairs: [Int: Int] = [:]

  /// Whether all workers so far had one address layout; a container may refuse it.
  public private(set) var hasFixedLayout: Bool
  /// How often both workers were started anew.
  public private(set) var run = 0
  /// The cells in the order they should be measured in this run.
  public private(set) var order: [Cell]
  /// The pairs of the measuring that a lost worker ended.
  public private(set) var unfinished: [PairSample] = []
  /// Cells that are out, and why.
  public internal(set) var exceptions: [Cell: DuelException] = [:]

  /// Starts both workers.
  ///
  /// - Parameters:
  ///   - contests: what is compared; each cell once.
  ///   - options: how.
  /// - Throws: `RunError` naming the side that does not start, or speaks another protocol.
  public init(contests: [Contest], options: DuelOptions) throws(RunError) {
    let workers = try DuelWorkers(options, first: .a)
    hasFixedLayout = workers.haveFixedLayout
    self.workers = workers
    self.contests = contests
    self.options = options
    var generator = SeededGenerator(seed: options.seed)
    order = contests.map(\.cell).shuffled(using: &generator)
    self.generator = generator
    var indices: [Cell: Int] = [:]
    for (index, contest) in contests.enumerated() { indices[contest.cell] = index }
    self.indices = indices
    var ids: [Cell: Int] = [:]
    var references: [Cell] = []
    var referenceIDs: [Int?] = []
    for contest in contests {
      guard let reference = contest.reference, options.referenceInterval > 0 else {
        referenceIDs.append(nil)
        continue
      }
      let id = ids[reference] ?? contests.count + references.count
      if ids.updateValue(id, forKey: reference) == nil { references.append(reference) }
      referenceIDs.append(id)
    }
    self.references = references
    self.referenceIDs = referenceIDs
  }

  /// Prepares, verifies and calibrates all cells on both sides.
  ///
  /// - Parameter observe: told about every step; returning false ends it.
  /// - Returns: whether the observer let it finish.
  /// - Throws: `RunError` naming the side whose worker is lost.
  public mutating func prepare(observe: (DuelEvent) -> Bool) throws(RunError) -> Bool {
    for (place, cell) in order.enumerated() {
      guard observe(.preparing(done: place, of: order.count, cell: cell)) else { return false }
      guard let index = indices[cell], try makeReady(index) else { continue }
      if contests[index].isTransient { try release(index) }
    }
    return true
  }

  /// Measures pairs of a cell, whose run goes on where its last pairs ended.
  ///
  /// - Parameters:
  ///   - cell: one of the contests.
  ///   - count: how many pairs.
  ///   - observe: told about every pair; returning false ends it.
  /// - Returns: the pairs; fewer than asked for when the observer ended it or the cell is out now.
  /// - Throws: `RunError` naming the side whose worker is lost; `unfinished` has the pairs before.
  public mutating func measure(
    _ cell: Cell, pairs count: Int, observe: (DuelEvent) -> Bool
  ) throws(RunError) -> [PairSample] {
    guard let index = indices[cell], try turn(to: index) else { return [] }
    var measured: [PairSample] = []
    var faults = FaultTally()
    let turns = orders[index, default: PairOrder()].next(count, using: &generator)
    do throws(RunError) {
      for isBFirst in turns {
        let event = DuelEvent.measuring(cell: cell, run: run, done: measured.count, of: count)
        guard observe(event) else { break }
        guard var pair = try pair(index, isBFirst: isBFirst, &faults) else { break }
        let number = pairs[index, default: 0]
        pair.pair = number
        if let id = referenceIDs[index], number % options.referenceInterval == 0 {
          pair.reference = try reference(id, beside: index)
        }
        pairs[index] = number + 1
        measured.append(pair)
      }
    } catch {
      if faults.exception == nil { unfinished = measured }
      throw error
    }
    if exceptions[cell] == nil, let exception = faults.exception {
      exceptions[cell] = exception
      // Batches of other work than they say are no evidence, now or for a later invocation.
      return []
    }
    return measured
  }

  /// Ends both workers and starts others, the other side first, with another working mapping and
  /// the cells in another order: a new run.
  ///
  /// - Parameters:
  ///   - cells: those that are still to be measured.
  ///   - observe: told about every step; returning false ends it.
  /// - Returns: whether the observer let it finish.
  /// - Throws: `RunError` naming the side that does not start again.
  public mutating func renew(
    _ cells: [Cell], observe: (DuelEvent) -> Bool
  ) throws(RunError) -> Bool {
    run += 1
    workers = try DuelWorkers(options, first: run % 2 == 0 ? .a : .b)
    hasFixedLayout = hasFixedLayout && workers.haveFixedLayout
    prepared = []
    current = nil
    latest = nil
    orders = [:]
    pairs = [:]
    order = cells.filter { exceptions[$0] == nil }.shuffled(using: &generator)
    return try prepare(observe: observe)
  }
}

// MARK: Getting a cell ready.

extension Duel {
  /// Makes a cell the one that is measured: gives up what the last one held, and lets both sides
  /// make a batch that nobody times, for the last one left other things in the caches.
  private mutating func turn(to index: Int) throws(RunError) -> Bool {
    if current == index { return exceptions[contests[index].cell] == nil }
    if let current, contests[current].isTransient { try release(current) }
    current = nil
    guard try makeReady(index) else { return false }
    for side in latest == .a ? [DuelSide.b, .a] : [.a, .b] {
      guard try batch(index, index, side) != nil else { return false }
    }
    current = index
    return true
  }

  /// Prepares a cell and its reference on both sides and finds its call count on A, once.
  private mutating func makeReady(_ index: Int) throws(RunError) -> Bool {
    let contest = contests[index]
    if exceptions[contest.cell] != nil { return false }
    guard try prepare(index, index, { contest.cell(of: $0) }) else { return false }
    guard try calibrate(index, index, threads: contest.cell.parameters.threads) else {
      return false
    }
    guard let id = referenceIDs[index] else { return true }
    let reference = references[id - contests.count]
    guard try prepare(id, index, { _ in reference }) else { return false }
    return try calibrate(id, index, threads: nil)
  }

  private mutating func prepare(
    _ id: Int, _ index: Int, _ cell: (DuelSide) -> Cell
  ) throws(RunError) -> Bool {
    if prepared.contains(id) { return true }
    for side in DuelSide.allCases {
      let request = Request.prepare(id: id, cell: cell(side))
      guard case .ready? = try ask(side, index, request) else {
        // What A holds by now would be missing where the cells that follow are prepared.
        if side == .b { _ = try workers.ask(.a, .release(id: id)) }
        return false
      }
    }
    prepared.insert(id)
    return true
  }

  private mutating func calibrate(
    _ id: Int, _ index: Int, threads: Int?
  ) throws(RunError) -> Bool {
    if calls[id] != nil { return true }
    let request = Request.calibrate(id: id, targetNanoseconds: options.batchNanoseconds)
    guard case .calibrated(_, var count)? = try ask(.a, index, request) else { return false }
    // A reference repeats nothing.
    let permille = threads == nil ? 0 : options.repeatPermille
    func repeatable(_ count: Int) -> Int {
      Repetition.calls(near: count, permille: permille, threads: threads ?? 1)
    }
    if contests[index].isTransient {
      guard let fewer = try fewerFaults(id, index, of: repeatable(count)) else { return false }
      count = fewer
    }
    calls[id] = repeatable(count)
    return true
  }

  /// Fault cells calibrate to all their pages, whatever the target; of a duel's many short batches
  /// each takes as many as make one.
  private mutating func fewerFaults(
    _ id: Int, _ index: Int, of count: Int
  ) throws(RunError) -> Int? {
    let request = Request.batch(id: id, calls: count)
    guard case .sample(_, let batch)? = try ask(.a, index, request) else { return nil }
    let target = Double(options.batchNanoseconds) * Double(count)
    let fitting = Int(target / Double(max(batch.cpuNanoseconds, 1)))
    return min(max(fitting, Self.fewestFaults), count)
  }

  private static var fewestFaults: Int { 256 }

  private mutating func release(_ index: Int) throws(RunError) {
    guard prepared.remove(index) != nil else { return }
    for side in DuelSide.allCases { _ = try ask(side, index, .release(id: index)) }
  }

  /// Asks a side; nil means that the cell cannot run there or failed, and is out.
  mutating func ask(
    _ side: DuelSide, _ index: Int, _ request: Request
  ) throws(RunError) -> Reply? {
    let reply = try workers.ask(side, request)
    switch reply {
    case .failed(_, let reason):
      exceptions[contests[index].cell] = DuelException(side: side, status: .error, reason: reason)
    case .skipped(_, let reason):
      exceptions[contests[index].cell] = DuelException(
        side: side, status: .skipped, reason: reason)
    default: return reply
    }
    return nil
  }

  func callCount(_ id: Int) -> Int { calls[id] ?? 1 }
}

extension Contest {
  /// Fault cells hold memory, children and threads, so they live only while they are measured.
  var isTransient: Bool { a.engine == Registry.liveEngine }
}
