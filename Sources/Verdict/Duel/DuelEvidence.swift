/// What a set of pairs says: the estimate and every bound that the rule asks for.
///
/// All values are log ratios log(B/A), positive when B is slower.
struct DuelEvidence: Equatable, Sendable {
  /// A lower and an upper bound, each one-sided.
  struct Bounds: Equatable, Sendable {
    var low: Double
    var high: Double

    /// The bounds of the data with A and B exchanged.
    var mirrored: Bounds { Bounds(low: -high, high: -low) }
  }

  /// Pairs behind it.
  let count: Int
  /// The Hodges-Lehmann estimate.
  let estimate: Double
  /// With the confidence of a look.
  let look: Bounds
  /// With the confidence of a pass.
  let clear: Bounds
  /// With the confidence of a fresh run on its own.
  let fresh: Bounds
  /// With the confidence of all pairs together.
  let pooled: Bounds
  /// The one-sided p-value of "B is not slower".
  let pSlower: Double
  /// The one-sided p-value of "B is not faster".
  let pFaster: Double

  /// Reads `logRatios`; nil when there are none.
  ///
  /// Cost: that of one `PairedShift`.
  init?(_ logRatios: some Collection<Double>, limits: DuelLimits) {
    if logRatios.isEmpty { return nil }
    let shift = PairedShift(Array(logRatios))
    func bounds(_ confidence: Double) -> Bounds {
      Bounds(
        low: shift.lowerBound(confidence: confidence),
        high: shift.upperBound(confidence: confidence))
    }
    count = shift.count
    estimate = shift.estimate
    look = bounds(limits.lookConfidence)
    clear = bounds(limits.clearConfidence)
    fresh = bounds(limits.freshConfidence)
    pooled = bounds(limits.pooledConfidence)
    pSlower = shift.pValue(above: 0)
    pFaster = shift.pValue(below: 0)
  }

  private init(mirroring other: DuelEvidence) {
    count = other.count
    estimate = -other.estimate
    look = other.look.mirrored
    clear = other.clear.mirrored
    fresh = other.fresh.mirrored
    pooled = other.pooled.mirrored
    pSlower = other.pFaster
    pFaster = other.pSlower
  }

  /// Pairs of this spread that have the precision of the limits, in whole first looks.
  ///
  /// Only the spread counts and not where the pairs lie, so a run may be made longer by it without
  /// a look more.
  func precisePairs(_ limits: DuelLimits) -> Int {
    let ratio = (look.high - look.low) / 2 / Logarithm.log(1 + limits.precision)
    let looks = Double(count) * ratio * ratio / Double(limits.firstPairs)
    let looksMaximum = limits.pairsMaximum / limits.firstPairs
    guard looks < Double(looksMaximum) else { return limits.pairsMaximum }
    return Int(looks.rounded(.up)) * limits.firstPairs
  }

  /// The evidence of the same pairs with A and B exchanged.
  var mirrored: DuelEvidence { DuelEvidence(mirroring: self) }
}
