internal import Record
internal import Verdict

/// What a person reads after a run.
struct Report {
  let record: RunRecord
  let baseline: RunRecord?
  let isInterrupted: Bool

  /// The table, the machine in a line, and the conclusion.
  func text(withTable: Bool) -> String {
    var parts: [String] = []
    // A baseline of another class says nothing in percent.
    let comparable = baseline.flatMap { stored in
      switch Fingerprint.compare(baseline: stored.machine, candidate: record.machine) {
      case .same, .advisory: stored
      case .differentClass, .refused: nil
      }
    }
    if withTable {
      let options = TableOptions(
        width: Terminal.width, color: Terminal.hasColor, unicode: Terminal.hasUnicode)
      parts.append(
        ResultTable(cells: record.cells, baseline: comparable?.cells, options: options).render())
    }
    parts.append(
      Conclusion.sentences(cells: record.cells, baseline: comparable?.cells)
        .joined(separator: "\n"))
    var lines = [machineLine]
    if isInterrupted { lines.append("The run was interrupted; it is marked incomplete.") }
    parts.append(lines.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  private var machineLine: String {
    func fact(_ name: String) -> String { record.fact(name) ?? "unknown" }
    return "\(fact("cpu_model_name")) (\(fact("class_name"))), kernel \(fact("kernel")), "
      + "seed \(fact("seed")), all memory here is DRAM unless a row says pmem."
  }
}
