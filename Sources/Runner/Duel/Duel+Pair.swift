internal import Plan
internal import Record

/// One pair: a batch of each side, one right after the other.
extension Duel {
  /// Nil means that the cell is out.
  mutating func pair(
    _ index: Int, isBFirst: Bool, _ faults: inout FaultTally
  ) throws(RunError) -> PairSample? {
    let cell = contests[index].cell
    guard let (a, b) = try both(index, index, isBFirst: isBFirst) else { return nil }
    faults.add(a, to: .a)
    faults.add(b, to: .b)
    return PairSample(
      cell: cell, run: run, pair: 0, order: isBFirst ? .bFirst : .aFirst, calls: a.calls,
      a: PairSample.Side(a), b: PairSample.Side(b))
  }

  /// The frozen reference on both sides, in an order that is balanced for itself.
  mutating func reference(
    _ id: Int, beside index: Int
  ) throws(RunError) -> PairSample.Reference? {
    let order = orders[id, default: PairOrder()].next(1, using: &generator)
    guard let (a, b) = try both(id, index, isBFirst: order[0]) else { return nil }
    return PairSample.Reference(
      aCPUNanoseconds: a.cpuNanoseconds, bCPUNanoseconds: b.cpuNanoseconds)
  }

  private mutating func both(
    _ id: Int, _ index: Int, isBFirst: Bool
  ) throws(RunError) -> (a: BatchMeasurement, b: BatchMeasurement)? {
    let sides: [DuelSide] = isBFirst ? [.b, .a] : [.a, .b]
    // Every batch follows one of the other side, or the first of a pair would now and then find its
    // own data in the caches, which the second never does: up to 2.7 % in cells of the model.
    if latest == sides[0] { guard try batch(id, index, sides[1]) != nil else { return nil } }
    guard let first = try batch(id, index, sides[0]),
      let second = try batch(id, index, sides[1])
    else { return nil }
    return isBFirst ? (second, first) : (first, second)
  }

  /// Times one batch; nil means that the cell is out.
  mutating func batch(
    _ id: Int, _ index: Int, _ side: DuelSide
  ) throws(RunError) -> BatchMeasurement? {
    let calls = callCount(id)
    latest = side
    guard case .sample(_, let batch)? = try ask(side, index, .batch(id: id, calls: calls)) else {
      return nil
    }
    // Other numbers of calls are other batches, and their quotient is nothing.
    let cell = id < contests.count ? contests[id].cell(of: side) : references[id - contests.count]
    if let reason = batch.strangeness(calls: calls, cell) {
      exceptions[contests[index].cell] = DuelException(side: side, status: .error, reason: reason)
      return nil
    }
    return batch
  }
}

extension BatchMeasurement {
  fileprivate func strangeness(calls asked: Int, _ cell: Cell) -> String? {
    if calls != asked { return "made \(calls) of \(asked) calls." }
    if cpuNanoseconds < 1 { return "took no time that the clock could see." }
    if let mismatch = pageMismatch(cell) { return mismatch + "." }
    return nil
  }
}

extension PairSample.Side {
  fileprivate init(_ batch: BatchMeasurement) {
    self.init(
      cpuNanoseconds: batch.cpuNanoseconds, wallNanoseconds: batch.wallNanoseconds,
      involuntarySwitches: batch.involuntarySwitches)
  }
}

/// Faults expected and counted over some batches of both sides.
struct FaultTally {
  private var expected: [DuelSide: Int] = [:]
  private var observed: [DuelSide: Int] = [:]

  mutating func add(_ batch: BatchMeasurement, to side: DuelSide) {
    guard batch.faultsExpected > 0 else { return }
    expected[side, default: 0] += batch.faultsExpected
    observed[side, default: 0] += batch.faultsObserved
  }

  /// A fault cell whose faults are off by more than 1 % does not measure what it says.
  var exception: DuelException? {
    for side in DuelSide.allCases {
      let (expected, observed) = (expected[side] ?? 0, observed[side] ?? 0)
      if abs(expected - observed) * 100 > expected {
        return DuelException(
          side: side, status: .error,
          reason: "took \(observed) faults where \(expected) were expected.")
      }
    }
    return nil
  }
}
