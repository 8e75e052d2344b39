public import Plan
public import Record

/// One of the two builds of a duel.
///
/// The raw value is how people read it.
public enum DuelSide: String, CaseIterable, Sendable {
  /// The baseline.
  case a = "A"
  /// The candidate.
  case b = "B"
}

/// What a duel compares: a cell of A with a cell of B.
public struct Contest: Hashable, Sendable {
  /// The cell that records and verdicts name.
  public let cell: Cell
  /// What A measures.
  public let a: Cell
  /// What B measures.
  public let b: Cell
  /// The frozen reference measured beside them; nil where the builds have no common one.
  public var reference: Cell?

  /// The same cell in two builds.
  public init(_ cell: Cell) {
    self.cell = cell
    a = cell
    b = cell
    reference = cell.reference
  }

  /// The same shape through two routines; it goes by both names, joined by a colon.
  public init(_ cell: Cell, a: String, b: String) {
    self.cell = cell.with(routine: "\(a):\(b)")
    self.a = cell.with(routine: a)
    self.b = cell.with(routine: b)
    reference = self.a.reference
  }

  func cell(of side: DuelSide) -> Cell { side == .a ? a : b }
}

/// How a duel is carried out.
public struct DuelOptions: Sendable {
  /// Path of the baseline.
  public var a: String
  /// Path of the candidate.
  public var b: String
  /// The core that both workers are pinned to.
  public var core: Int
  /// Seed of all orders.
  public var seed: UInt64
  /// What a batch should take.
  public var batchNanoseconds = 1_000_000
  /// The frozen reference is measured with every so manieth pair.
  public var referenceInterval = 3
  /// How long a worker may take for one answer before it counts as hanging.
  public var patienceMilliseconds: Int32 = 120_000
  /// Thousandths of its calls that a side makes again: what the self-test must find.
  public var repeatPermille = 0
  /// The side that repeats.
  public var repeatingSide = DuelSide.b

  /// Options from what has no default.
  public init(a: String, b: String, core: Int, seed: UInt64) {
    self.a = a
    self.b = b
    self.core = core
    self.seed = seed
  }

  /// The path of a side's executable.
  public func executable(of side: DuelSide) -> String { side == .a ? a : b }
}

/// Why a cell is out of the duel.
public struct DuelException: Equatable, Sendable {
  /// On which side.
  public let side: DuelSide
  /// `skipped` where a machine cannot run it, `error` where it went wrong.
  public let status: Status
  /// What the worker said.
  public let reason: String

  /// An exception from its parts.
  public init(side: DuelSide, status: Status, reason: String) {
    self.side = side
    self.status = status
    self.reason = reason
  }
}

/// Where a duel stands.
public enum DuelEvent: Sendable {
  /// A cell is being prepared, verified and calibrated on both sides.
  case preparing(done: Int, of: Int, cell: Cell)
  /// Pairs of a cell are being measured; `run` counts from 0.
  case measuring(cell: Cell, run: Int, done: Int, of: Int)
}
