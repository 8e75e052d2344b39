public import Plan
public import Record

/// Two runs side by side, cell by cell: descriptive, never a gate.
public struct Comparison: Sendable {
  /// One cell that both runs timed.
  public struct Row: Equatable, Sendable {
    /// The cell.
    public let cell: Cell
    /// Median CPU nanoseconds of one call in A.
    public let cpuPerCallA: Double
    /// The same in B.
    public let cpuPerCallB: Double
    /// Change of the CPU time from A to B.
    public let cpuChange: Change?
    /// Change of the ratio to the frozen reference; nil when either run lacks it.
    public let ratioChange: Change?
  }

  /// What the machines say about the comparison.
  public let comparability: Comparability
  /// Cells both runs timed, in A's order, harness cells included.
  public let rows: [Row]
  /// Cells that only A timed.
  public let onlyInA: [Cell]
  /// Cells that only B timed.
  public let onlyInB: [Cell]

  /// Compares run B with run A.
  ///
  /// Intervals are unpaired, from order statistics of each side's batches: they do not know what
  /// happened to the machine between the runs.
  public init(_ a: RunRecord, _ b: RunRecord) {
    comparability = Fingerprint.compare(baseline: a.machine, candidate: b.machine)
    let tableA = SampleTable(a.samples)
    let tableB = SampleTable(b.samples)
    let timedA = tableA.cells.filter { !tableA.timed($0).isEmpty }
    let timedB = tableB.cells.filter { !tableB.timed($0).isEmpty }
    let inA = Set(timedA)
    let inB = Set(timedB)
    onlyInA = timedA.filter { !inB.contains($0) }
    onlyInB = timedB.filter { !inA.contains($0) }
    let rank = Dictionary(
      a.cells.enumerated().map { ($1.cell, $0) }, uniquingKeysWith: { first, _ in first })
    rows = timedA.filter(inB.contains)
      .sorted { rank[$0, default: .max] < rank[$1, default: .max] }
      .compactMap { cell in
        guard let cpuA = tableA.cpuPerCall(cell), let cpuB = tableB.cpuPerCall(cell) else {
          return nil
        }
        return Row(
          cell: cell, cpuPerCallA: cpuA, cpuPerCallB: cpuB,
          cpuChange: Change(
            from: tableA.timed(cell).map(\.cpuPerCall), to: tableB.timed(cell).map(\.cpuPerCall)),
          ratioChange: Change(
            from: tableA.ratios(cell).map(\.value), to: tableB.ratios(cell).map(\.value)))
      }
  }
}
