internal import ArgumentParser
internal import Record

/// `daxmark machine`: the fingerprint that decides what may be compared.
struct MachineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine", abstract: "Show the machine's fingerprint and class.")

  @Flag(help: "Print machine.csv.")
  var csv = false

  func run() throws {
    let facts = RunFacts.machine()
    if csv {
      let record = RunRecord(machine: facts, samples: [], cells: [], ledger: [])
      try Terminal.write(String(decoding: record.encoded(.machine), as: UTF8.self), to: 1)
    } else {
      let width = facts.map(\.name.count).max() ?? 0
      let lines = facts.map { fact in
        fact.name + String(repeating: " ", count: width + 2 - fact.name.count) + fact.value
      }
      try Terminal.print(lines.joined(separator: "\n"))
    }
  }
}
