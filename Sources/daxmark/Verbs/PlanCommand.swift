internal import ArgumentParser
internal import Plan

/// `daxmark plan`: the cells a run would measure.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show the cells that 'run' would measure, without measuring.")

  @OptionGroup var selection: Selection

  @Flag(help: "Print CSV with the key columns of the result files.")
  var csv = false

  @Flag(help: "Show the cells that travel with the plan, too.")
  var companions = false

  func run() throws {
    let chosen = try selection.chosen().cells
    let cells = companions ? Companions.of(chosen) + chosen : chosen
    if csv {
      let rows = cells.map { $0.keyFields.map(CSV.field).joined(separator: ",") }
      try Terminal.print(
        ([Cell.keyColumns.joined(separator: ",")] + rows).joined(separator: "\n"))
    } else {
      try Terminal.print(cells.map(\.name).joined(separator: "\n"))
      Terminal.note(
        "\(chosen.count) cells of '\(selection.suiteName)', "
          + "and \(Companions.of(chosen).count) that travel with them.")
    }
  }
}
