internal import Glibc

/// One build by a recipe, with its log.
struct RecipeRun {
  let recipe: BuildRecipe
  let source: String
  let products: String
  /// Where the build's output goes.
  let log: String
  /// The side in progress lines: `A, 46effba`.
  let name: String
  /// The side in sentences: `A 'HEAD~1' (46effba)`.
  let title: String
  let isInterrupted: @Sendable () -> Bool
  /// A descriptor that the build holds open while it lives.
  var lock: Int32 = -1

  /// Builds.
  ///
  /// - Parameter progress: Told what is being done.
  /// - Returns: The executable's path.
  /// - Throws: `Failure` with the compiler's first complaint, or when interrupted.
  func build(_ progress: (String) -> Void) throws(Failure) -> String {
    let ending: ChildCommand.Ending
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(products)
      ending = try run(progress)
    } catch {
      throw Failure(.tool, "\(title) could not be built: \(error.text).")
    }
    if ending == .interrupted {
      FileSystem.remove(log)
      throw Failure(.interrupted, "Interrupted while building \(title).")
    }
    let executable = "\(products)/\(recipe.executable)"
    guard ending == .code(0), FileSystem.isExecutable(executable) else {
      throw Failure(.tool, "\(title) does not build: \(reason(ending)); the log is '\(log)'.")
    }
    return executable
  }

  private func run(_ progress: (String) -> Void) throws(POSIXFailure) -> ChildCommand.Ending {
    // SAFETY: Swift lends the path as a C string for the call.
    let output = unsafe open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard output >= 0 else { throw POSIXFailure() }
    defer { close(output) }
    progress("building \(name), 0 s")
    // A build asks git too, about its dependencies; a hook's variables would mislead it.
    let command =
      ["env"] + Repository.variables.flatMap { ["-u", $0] } + recipe.command(source, products)
    return try ChildCommand.run(
      command, output: output, errors: output, holding: lock, isInterrupted: isInterrupted
    ) { seconds in progress("building \(name), \(seconds) s") }
  }

  private func reason(_ ending: ChildCommand.Ending) -> String {
    if case .signal(let number) = ending { return "the build died of signal \(number)" }
    if ending == .code(0) { return "the build made no executable" }
    let text = String(decoding: (try? FileSystem.read(log)) ?? [], as: UTF8.self)
    return BuildRecipe.firstError(in: text, source: source)
  }
}
