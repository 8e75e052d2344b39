/// The rule of the duel in one direction, whether B is slower.
///
/// The other direction is the same rule on mirrored evidence. A finding that is not `open` is
/// final: what was settled by one look is not asked again by the next.
struct DuelSearch: Equatable, Sendable {
  /// What is known.
  enum Finding: Equatable, Sendable {
    /// Neither shown nor excluded.
    case open
    /// A change of the tolerance or more is excluded.
    case clear
    /// A change above the floor is confirmed.
    case found
  }

  private let floor: Double
  private let tolerance: Double
  private let freshFloor: Double
  private let certainFloor: Double
  private let clearsSuspectsEarly: Bool
  /// What the looks of this invocation settled.
  private(set) var finding = Finding.open
  /// Whether an earlier invocation confirmed a change that nothing has overturned.
  private(set) var wasFound = false
  /// Whether the finding is the earlier one, which this invocation neither repeated nor overturned.
  private(set) var isInherited = false

  /// A search that has seen nothing.
  init(limits: DuelLimits) {
    floor = Logarithm.log(1 + limits.floor)
    tolerance = Logarithm.log(1 + limits.tolerance)
    freshFloor = Logarithm.log(1 + limits.freshFloor)
    certainFloor = Logarithm.log(1 + limits.certainFloor)
    clearsSuspectsEarly = limits.clearsSuspectsEarly
  }

  /// A look before the run is full: a change of the tolerance is excluded, or more is wanted.
  mutating func lookEarly(_ run: DuelEvidence) {
    guard finding == .open, clearsSuspectsEarly || !isSuspect(run) else { return }
    if run.clear.high < tolerance { finding = .clear }
  }

  /// The look at the whole first run: a suspect is never cleared by it, however small.
  mutating func lookFull(_ run: DuelEvidence) {
    guard finding == .open, !isSuspect(run) else { return }
    if run.clear.high < tolerance { finding = .clear }
  }

  /// The look after a fresh run, which must show the change on its own, as must all pairs.
  mutating func lookFresh(_ run: DuelEvidence, pooled: DuelEvidence) {
    guard finding == .open else { return }
    if isConfirmed(run, pooled) {
      finding = .found
    } else if pooled.clear.high < tolerance {
      finding = .clear
    } else if wasFound {
      finding = .found
      isInherited = true
    }
  }

  /// Takes in a run of an earlier invocation, whose verdict stands until it is overturned.
  mutating func recall(_ run: DuelEvidence, pooled: DuelEvidence) {
    if isConfirmed(run, pooled) {
      wasFound = true
    } else if pooled.clear.high < tolerance {
      wasFound = false
    }
  }

  /// Whether one run alone looks slower.
  func isSuspect(_ run: DuelEvidence) -> Bool { run.look.low > 0 && run.estimate > floor }

  /// Whether all pairs show a change above the floor, and with the highest confidence asked for one
  /// that matters.
  func isStrong(_ pooled: DuelEvidence) -> Bool {
    pooled.pooled.low > certainFloor && pooled.estimate > floor
  }

  private func isConfirmed(_ run: DuelEvidence, _ pooled: DuelEvidence) -> Bool {
    run.fresh.low > 0 && run.estimate > freshFloor && isStrong(pooled)
  }
}
