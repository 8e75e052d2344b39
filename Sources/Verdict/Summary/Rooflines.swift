import Plan
import Record

/// The machine's own peaks in this run, and what share of them a cell reaches.
struct Rooflines {
  /// Bytes per CPU nanosecond of each roofline cell that was timed.
  private var speeds: [Cell: Double] = [:]

  init(_ table: SampleTable) {
    for cell in table.cells where cell.operation == .roofline {
      let speeds = table.timed(cell).compactMap { batch in
        batch.cpuNanoseconds > 0 ? Double(batch.bytes) / Double(batch.cpuNanoseconds) : nil
      }
      if !speeds.isEmpty { self.speeds[cell] = OrderStatistics.median(speeds) }
    }
  }

  /// Throughput over the best peak for the cell's kind of work and cache state.
  ///
  /// Durable stores and copies are held against peaks that reach memory: an ordinary store that
  /// stays in the cache is no limit for them. Nil when no such peak was measured.
  func share(of cell: Cell, _ bytesPerCall: Double?, _ cpuPerCall: Double?) -> Double? {
    guard let (kind, factor) = RooflineKind.of(cell), let bytesPerCall, let cpuPerCall,
      cpuPerCall > 0
    else { return nil }
    let needsMemory = cell.parameters.durable == true && kind != .read
    let peak = Companions.roofline(of: cell)
      .filter { !needsMemory || $0.routine.hasSuffix("-nt") }
      .compactMap { speeds[$0] }
      .max()
    guard let peak, peak > 0 else { return nil }
    return bytesPerCall * factor / cpuPerCall / peak
  }
}
