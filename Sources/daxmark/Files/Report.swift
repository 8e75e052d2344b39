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
    let options = TableOptions(
      width: Terminal.width, color: Terminal.hasColor, unicode: Terminal.hasUnicode)
    if withTable {
      parts.append(
        ResultTable(cells: record.cells, baseline: comparable?.cells, options: options).render())
    }
    if let picture = PictureTable(cells: record.cells) {
      parts.append(picture.render(options: options))
    }
    parts.append(
      Conclusion.sentences(cells: record.cells, baseline: comparable?.cells)
        .map(wrapped).joined(separator: "\n"))
    var lines = [wrapped(machineLine)]
    // A forced routine must not be read as what `auto` chooses.
    if let overrides = record.fact("overrides"), overrides != "none" {
      lines.append(wrapped("The environment overrides the routines: \(overrides)."))
    }
    if isInterrupted { lines.append("The run was interrupted; it is marked incomplete.") }
    parts.append(lines.joined(separator: "\n"))
    return parts.joined(separator: "\n\n")
  }

  private var machineLine: String {
    func fact(_ name: String) -> String { record.fact(name) ?? "unknown" }
    return "\(fact("cpu_model_name")) (\(fact("class_name"))), kernel \(fact("kernel")), "
      + "seed \(fact("seed")). All memory measured is DRAM, not persistent memory."
  }

  /// The text in lines no wider than the terminal, broken between words.
  private func wrapped(_ text: String) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + word.count + 1 > Terminal.width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return (lines + [line]).joined(separator: "\n")
  }
}
