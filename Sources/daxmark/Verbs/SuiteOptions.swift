internal import ArgumentParser

/// The suite that a verb is about.
struct SuiteOptions: ParsableArguments {
  @Option(help: "The suite; 'daxmark list' shows them. With --cells it is 'full'.")
  var suite: String?

  @Flag(help: "Short for --suite quick.")
  var quick = false

  func validate() throws {
    if quick, suite != nil { throw ValidationError("--quick is a suite; leave --suite out.") }
  }

  /// The name of the suite.
  ///
  /// - Parameters:
  ///   - usual: The verb's own.
  ///   - narrowing: Whoever names cells need not name a suite that has them.
  /// - Returns: The name.
  func name(usual: String, _ narrowing: Narrowing) -> String {
    quick ? "quick" : suite ?? (narrowing.cells.isEmpty ? usual : "full")
  }
}
