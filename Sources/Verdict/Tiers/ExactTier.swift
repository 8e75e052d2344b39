public import Plan
public import Record

/// Counts against a baseline: equal, or each difference is named.
public struct ExactTier: Sendable {
  /// One count that changed.
  public struct Difference: Equatable, Sendable {
    /// The cell.
    public let cell: Cell
    /// The count, by its column in `ledger.csv`.
    public let count: String
    /// In the baseline.
    public let old: Int
    /// Now.
    public let new: Int
    /// Whether the builds differ in something that decides this count, so that it cannot gate.
    public let isAdvisory: Bool

    /// `bytes_copied 3584 → 4096`.
    public var description: String {
      "\(count) \(old) → \(new)" + (isAdvisory ? " (advisory)" : "")
    }
  }

  /// Why nothing was compared, or nil.
  public let refusal: String?
  /// Why code-dependent counts are only shown, or nil.
  public let advisory: String?
  /// One row for each cell that both ledgers hold.
  public let rows: [VerdictRow]
  /// Every difference, in the candidate's order.
  public let differences: [Difference]

  /// Facts that decide every count: the routines and how they flush.
  static let bindingFacts = ["isa", "flush_instruction"]
  /// Facts that decide counts taken from executed code.
  static let codeFacts = ["compiler", "build", "libc", "libpmem"]
  /// Counts that come from executed code and not from the operation alone.
  static let codeCounts: Set<String> = ["instructions", "nontemporal_bytes"]

  /// Compares two ledgers.
  ///
  /// Any difference of a gating count stops a merge: `regressed` when some cost grew, `improved`
  /// when all that changed fell, and then the baseline must be recorded anew. A count that one side
  /// did not take is not compared.
  public init(baseline: RunRecord, candidate: RunRecord) {
    let binding = Fingerprint.differences(Self.bindingFacts, baseline.machine, candidate.machine)
    let code = Fingerprint.differences(Self.codeFacts, baseline.machine, candidate.machine)
    guard binding.isEmpty else {
      refusal = binding.joined(separator: ", ")
      advisory = nil
      rows = []
      differences = []
      return
    }
    refusal = nil
    advisory = code.isEmpty ? nil : code.joined(separator: ", ")
    var old: [Cell: LedgerEntry] = [:]
    for entry in baseline.ledger { old[entry.cell] = entry }
    var rows: [VerdictRow] = []
    var differences: [Difference] = []
    for entry in candidate.ledger {
      guard let before = old[entry.cell] else { continue }
      let found = Self.compare(before, entry, codeDiffers: !code.isEmpty)
      differences += found
      rows.append(Self.row(entry.cell, found))
    }
    self.rows = rows
    self.differences = differences
  }

  private static func compare(
    _ old: LedgerEntry, _ new: LedgerEntry, codeDiffers: Bool
  ) -> [Difference] {
    zip(LedgerEntry.countColumns, zip(old.counts, new.counts)).compactMap { name, counts in
      guard let old = counts.0, let now = counts.1, old != now else { return nil }
      return Difference(
        cell: new.cell, count: name, old: old, new: now,
        isAdvisory: codeDiffers && codeCounts.contains(name))
    }
  }

  private static func row(_ cell: Cell, _ differences: [Difference]) -> VerdictRow {
    let gating = differences.filter { !$0.isAdvisory }
    let judgement: Judgement =
      if gating.contains(where: { $0.new > $0.old }) {
        .regressed
      } else if !gating.isEmpty {
        .improved
      } else {
        differences.isEmpty ? .pass : .inconclusive
      }
    return VerdictRow(
      cell: cell, tier: .exact, judgement: judgement,
      isAdvisory: gating.isEmpty && !differences.isEmpty,
      reason: differences.map(\.description).joined(separator: ", "))
  }
}
