/// An exact fraction of more calls: the slowdown that the self-test injects and must find.
///
/// What a batch cannot repeat in whole calls is owed to the next one, so that the fraction is exact
/// over any number of batches.
struct Repetition {
  let permille: Int
  /// Thousandths of a call.
  private var owed = 0

  /// No batch has so many calls; the product with a fraction must not overflow.
  private static let mostCalls = 1 << 40

  init(permille: Int) { self.permille = permille }

  /// The calls that a batch makes again, or nil for a count that no batch has.
  mutating func extraCalls(for calls: Int) -> Int? {
    guard calls <= Self.mostCalls else { return nil }
    owed += calls * permille
    let extra = owed / 1000
    owed %= 1000
    return extra
  }

  /// A call count near a calibrated one with which each single batch repeats the exact fraction.
  ///
  /// An average that is exact is not enough: of a batch of ten calls, every third one would repeat
  /// a call for 3 %, and a median would see the other two. Room is left for the repeated calls
  /// where the calibrated count has it; it may be all that a batch can make.
  static func calls(near calibrated: Int, permille: Int, threads: Int) -> Int {
    guard permille > 0 else { return calibrated }
    let unit = 1000 / greatestCommonDivisor(1000, permille) * threads
    let room = Int(Double(min(calibrated, mostCalls)) * 1000 / Double(1000 + permille))
    return max(room / unit, 1) * unit
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}

/// A cell that makes more calls than it says.
final class RepeatingCell: PreparedCell {
  let note: String
  private let cell: any PreparedCell
  private var repetition: Repetition

  init(_ cell: any PreparedCell, permille: Int) {
    self.cell = cell
    note = cell.note
    repetition = Repetition(permille: permille)
  }

  func verify() throws(CellException) { try cell.verify() }

  func calibrate(targetNanoseconds: Int) throws(CellException) -> Int {
    try cell.calibrate(targetNanoseconds: targetNanoseconds)
  }

  func batch(calls: Int) throws(CellException) -> BatchMeasurement {
    guard let extra = repetition.extraCalls(for: calls) else {
      throw .failed("No batch has \(calls) calls.")
    }
    var batch = try cell.batch(calls: calls + extra)
    guard batch.calls == calls + extra else {
      throw .failed("A batch makes \(batch.calls) calls at most, which leaves none to repeat.")
    }
    batch.bytes = batch.bytes / batch.calls * calls
    batch.calls = calls
    return batch
  }

  func counts() throws(CellException) -> CallCounts { try cell.counts() }
}
