internal import ArgumentParser
internal import Glibc
internal import HotCore

/// What copy-on-write costs on this machine, and whether a change made it slower.
@main
struct Daxmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "daxmark",
    abstract: """
      Measures what copy-on-write costs on this machine, and whether a change made it slower.
      """,
    discussion: """
      Exit codes: 0 pass, 1 tool error, 2 confirmed regression, 3 inconclusive or not comparable, \
      4 baseline unusable, 5 self-test failed, 6 improvement with --fail-on-improvement, 64 usage, \
      130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      ListCommand.self, PlanCommand.self, RunCommand.self, ReportCommand.self, CompareCommand.self,
      GateCommand.self, DuelCommand.self, SelfTestCommand.self, BaselineCommand.self,
      ConformCommand.self, LiveFSCommand.self, MachineCommand.self, WorkerCommand.self,
      NeighbourCommand.self,
    ])

  static func main() {
    fillStandardDescriptors()
    do {
      try checkVerb()
      var command = try parseAsRoot()
      try checkEnvironment()
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

  /// Opens those of the three standard descriptors that whoever started us left closed.
  ///
  /// The next file or pipe would get such a number, and the worker's own input be dropped onto it.
  private static func fillStandardDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
      // SAFETY: the path is a literal C string; the lowest free number is the one missing.
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }

  /// The parser calls an unknown verb an unexpected argument, and knows no nearest one.
  private static func checkVerb() throws(Failure) {
    guard let verb = CommandLine.arguments.dropFirst().first, !verb.hasPrefix("-") else { return }
    let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    if !known.contains(verb) {
      let hidden = [WorkerCommand.name, NeighbourCommand.name]
      throw unknown("verb", verb, among: known.filter { !hidden.contains($0) })
    }
  }

  /// An override that means nothing must not pass for one in force, whatever the verb.
  private static func checkEnvironment() throws(Failure) {
    for name in Terminal.environmentNames
    where name.hasPrefix("DAXMARK_") && !RoutineOverrides.variables.contains(name) {
      throw unknown("environment variable", name, among: RoutineOverrides.variables)
    }
    if case .failure(let error) = RoutineOverrides.environment {
      throw Failure(.usage, error.description)
    }
  }

  /// Help goes out as it is; a usage error becomes one sentence and exit code 64.
  private static func exitForUsage(_ error: any Error) -> Never {
    let code = exitCode(for: error)
    if code == .success { exit(withError: error) }
    var sentence = message(for: error).replacing("\n", with: " ")
      .replacing(". Did you mean", with: "; did you mean")
      .replacing(". Please provide", with: "; please provide")
    if sentence.last.map({ !".?".contains($0) }) ?? true { sentence += "; see 'daxmark --help'." }
    Terminal.note("daxmark: \(sentence)")
    Glibc.exit(Failure.Kind.usage.rawValue)
  }
}
