public import Plan

/// A verdict for whoever reads it: a person, a pull request, another program.
///
/// Every tier ends in one of these, and every format is made from one.
public struct GateReport: Sendable {
  /// Something that was compared: `baseline` `results/baselines/…`, `A` `HEAD~1 (46effba)`.
  public struct Side: Equatable, Sendable {
    /// What it is in the comparison.
    public var label: String
    /// Where it comes from.
    public var value: String

    /// A side from its parts.
    public init(label: String, value: String) {
      self.label = label
      self.value = value
    }
  }

  /// Cells that could not be compared, all for the same reason.
  public struct Unmatched: Equatable, Sendable {
    /// Why, such as `only in A`.
    public var reason: String
    /// The cells.
    public var cells: [Cell]

    /// A list of cells with its reason.
    public init(reason: String, cells: [Cell]) {
      self.reason = reason
      self.cells = cells
    }
  }

  /// What was compared, in the order to show.
  public var sides: [Side]
  /// Every row: those that gate before advisory ones; within each, regressed, refused,
  /// inconclusive, improved, pass.
  public var rows: [VerdictRow]
  /// What is true of the whole comparison, a sentence each.
  public var notices: [String]
  /// Cells that were not compared.
  public var unmatched: [Unmatched]
  /// What was found; `exitCode` is what the process exits with.
  public var exitStatus: ExitStatus
  /// Whether what was not decided counts as a failure.
  public var isStrict = false

  /// A report from its parts.
  public init(
    sides: [Side], rows: [VerdictRow], notices: [String] = [], unmatched: [Unmatched] = [],
    exitStatus: ExitStatus
  ) {
    self.sides = sides
    self.rows = rows
    self.notices = notices
    self.unmatched = unmatched
    self.exitStatus = exitStatus
  }

  /// What the process exits with.
  public var exitCode: Int32 {
    let status = isStrict && exitStatus == .inconclusive ? .regressed : exitStatus
    return status.rawValue
  }

  /// Whether a row is among the reasons for an exit code that blocks a merge.
  ///
  /// Every format marks exactly these as failed, so that none blocks where another does not.
  public func isFailure(_ row: VerdictRow) -> Bool {
    if row.isAdvisory { return false }
    switch row.judgement {
    case .pass: return false
    case .regressed: return true
    // A count that fell is a change of the baseline, not of the weather.
    case .improved: return row.tier == .exact || exitStatus == .improved
    case .inconclusive, .refused: return isStrict && exitStatus == .inconclusive
    }
  }
}
