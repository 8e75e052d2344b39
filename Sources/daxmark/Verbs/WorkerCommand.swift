internal import ArgumentParser
internal import Glibc
internal import Runner

/// `daxmark worker`: the measuring process; spoken to over its standard input and output.
struct WorkerCommand: ParsableCommand {
  static let name = "worker"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Serve the worker protocol of FORMAT.md.", shouldDisplay: false)

  @Option(help: "The core to measure on.")
  var core: Int?

  @Option(help: .hidden)
  var repeatPermille = 0

  func validate() throws {
    if !(0...1000).contains(repeatPermille) {
      throw ValidationError("--repeat-permille takes a number from 0 to 1000.")
    }
  }

  func run() throws {
    // The coordinator hands its working mapping over as descriptor 3; by hand there is none.
    let hasWorkingSet = fcntl(3, F_GETFD) >= 0
    let code = Worker.serve(
      core: core, workingSet: hasWorkingSet ? 3 : nil, repeatPermille: repeatPermille)
    if code != 0 { throw ExitCode(code) }
  }
}
