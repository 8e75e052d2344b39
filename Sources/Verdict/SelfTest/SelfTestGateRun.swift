public import Plan
internal import Record

/// A gate run whose truth is known: the rows that the duel's rule gave it.
public struct SelfTestGateRun: Equatable, Sendable {
  /// One row for each cell.
  public let rows: [VerdictRow]
  /// The session, whose worker processes its gate runs have in common.
  public let session: Int

  /// Judges the cells of a gate run as a duel does.
  public init(cells: [DuelCell], referenceShifts: [Cell: [Double]], session: Int) {
    self.session = session
    rows = DuelOutcome(cells: cells, referenceShifts: referenceShifts, sides: []).report.rows
  }

  init(rows: [VerdictRow], session: Int = 0) {
    self.rows = rows
    self.session = session
  }

  func rows(without cells: Set<Cell>) -> [VerdictRow] {
    rows.filter { !cells.contains($0.cell) }
  }
}

/// A pair of a build against itself, as the self-test needs it.
public struct SelfTestPair: Equatable, Sendable {
  /// log(B/A).
  public var logRatio: Double
  /// Whether B went first.
  public var isBFirst: Bool

  /// A pair from its parts.
  public init(logRatio: Double, isBFirst: Bool) {
    self.logRatio = logRatio
    self.isBFirst = isBFirst
  }
}

/// The pairs of a build against itself, by cell and session: one pair of worker processes each.
public struct SelfTestPairs: Equatable, Sendable {
  /// The cells, in the order in which they were met.
  public private(set) var cells: [Cell] = []
  private var sessions: [Cell: [[SelfTestPair]]] = [:]

  /// No pairs.
  public init() {}

  /// Adds the pairs of a cell in a session, in the order measured.
  public mutating func add(_ pairs: [SelfTestPair], of cell: Cell) {
    if pairs.isEmpty { return }
    if sessions[cell] == nil { cells.append(cell) }
    sessions[cell, default: []].append(pairs)
  }

  /// The sessions of a cell.
  public func sessions(of cell: Cell) -> [[SelfTestPair]] { sessions[cell] ?? [] }
}
