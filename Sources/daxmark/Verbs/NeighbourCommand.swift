internal import ArgumentParser
internal import Glibc

/// `daxmark neighbour`: the load beside which the self-test measures; ends when its input closes.
struct NeighbourCommand: ParsableCommand {
  static let name = "neighbour"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Disturb a core in bursts, a fifth of the time.",
    shouldDisplay: false)

  @Option(help: "The core to disturb.")
  var core: Int?

  func run() throws {
    let code = NeighbourLoad.run(core: try CPUList.chosen(core))
    if code != 0 { throw ExitCode(code) }
  }
}
