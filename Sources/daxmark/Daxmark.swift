internal import ArgumentParser
internal import Glibc

/// What copy-on-write costs on this machine, and whether a change made it slower.
@main
struct Daxmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daxmark",
    abstract:
      "Measures what copy-on-write costs on this machine, and whether a change made it slower.",
    discussion: """
      Exit codes: 0 pass, 1 tool error, 2 confirmed regression, 3 inconclusive or not comparable, \
      4 baseline unusable, 6 improvement with --fail-on-improvement, 64 usage, 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      ListCommand.self, PlanCommand.self, RunCommand.self, ReportCommand.self, CompareCommand.self,
      GateCommand.self, BaselineCommand.self, MachineCommand.self, WorkerCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      Terminal.note("daxmark: \(failure.sentence)")
      Glibc.exit(failure.kind.rawValue)
    } catch let code as ExitCode {
      Glibc.exit(code.rawValue)
    } catch {
      exitForUsage(error)
    }
  }

  /// Help goes out as it is; a usage error becomes one sentence and exit code 64.
  private static func exitForUsage(_ error: any Error) -> Never {
    let code = exitCode(for: error)
    if code == .success { exit(withError: error) }
    let message = message(for: error).replacing("\n", with: " ")
    Terminal.note("daxmark: \(message) See 'daxmark --help'.")
    Glibc.exit(Failure.Kind.usage.rawValue)
  }
}
