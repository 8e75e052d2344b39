internal import Plan

/// Whether the whole environment moved, so that the cells say nothing about the code.
///
/// A frozen reference is the same code on both sides. When more than half of the cells move, each
/// in the direction in which its own reference moved, the two sides did not run under the same
/// conditions. When cells move and their references do not, the change is real. Cells are never
/// corrected by a reference or by their median: that would hide a change that is uniform and real.
struct DuelEnvironment {
  /// Whether most cells moved with their references.
  let isShifted: Bool
  /// That as a sentence.
  let notice: String

  init(cells: [DuelCell], referenceShifts: [Cell: [Double]]) {
    var moved = ["slower": 0, "faster": 0]
    var directions: [Cell: String] = [:]
    if let limits = cells.first?.limits {
      for (reference, shifts) in referenceShifts {
        guard let evidence = DuelEvidence(shifts.filter(\.isFinite), limits: limits) else {
          continue
        }
        directions[reference] = Self.direction(evidence, beyond: limits.freshFloor)
      }
      for cell in cells {
        guard let evidence = cell.pooled, let reference = cell.cell.reference,
          let direction = Self.direction(evidence, beyond: limits.floor),
          directions[reference] == direction
        else { continue }
        moved[direction, default: 0] += 1
      }
    }
    let (direction, count) = moved.max { $0.value < $1.value } ?? ("", 0)
    isShifted = 2 * count > cells.count
    notice =
      "The environment shifted: \(count) of \(cells.count) cells are \(direction) in B, and so are "
      + "their frozen references, which are the same code on both sides."
  }

  /// The row of a cell when the environment shifted; what regressed earlier stays regressed.
  func judge(_ cell: DuelCell, _ row: VerdictRow) -> VerdictRow {
    if row.judgement == .refused || (cell.slower.wasFound && row.judgement == .regressed) {
      return row
    }
    var row = row
    row.judgement = .inconclusive
    row.reason = "moved with the environment; run again on a quieter machine"
    return row
  }

  /// Where a set of pairs moved, or nil; six pairs at least, since fewer have no bounds.
  private static func direction(_ evidence: DuelEvidence, beyond change: Double) -> String? {
    let floor = Logarithm.log(1 + change)
    if evidence.look.low > 0, evidence.estimate > floor { return "slower" }
    if evidence.look.high < 0, evidence.estimate < -floor { return "faster" }
    return nil
  }
}
