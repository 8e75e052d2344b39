public import ArgumentParser
public import Verdict

/// How a verb that judges hands its report on: `gate`, `duel`, `selftest`.
struct ReportFormat: ParsableArguments {
  @Option(help: "The format of the report; by default text.")
  var format: GateReport.Format?

  @Option(
    help: ArgumentHelp(
      "Write the report to a file, and text to the terminal; may be repeated.",
      discussion: """
        A file that ends in .txt, .json, .md or .xml is of that format, any other of that of \
        --format. The file is written whatever the verdict, also when there is none.
        """,
      valueName: "file"))
  var output: [String] = []

  /// Whether a person reads standard output: where it takes the report itself, as JSON say, nothing
  /// else may go there.
  var printsText: Bool { !output.isEmpty || (format ?? .text) == .text }

  /// What the command line alone cannot mean; run before anything is measured.
  func validate() throws {
    if let format, !output.isEmpty, output.allSatisfy({ ending(of: $0) != nil }),
      !output.contains(where: { ending(of: $0) == format })
    {
      throw ValidationError(
        "No --output takes --format \(format.rawValue): the file's ending says another")
    }
  }

  /// Carries out what a verb does, then writes its report, also one of why there is none.
  ///
  /// - Parameter body: Makes the report, or throws a `Failure`.
  /// - Throws: The `Failure` of the body, or an `ExitCode` that is not 0.
  func report(_ body: () throws(Failure) -> GateReport) throws {
    try guarding { () throws(Failure) in
      let report = try body()
      try write(report)
      return report.exitCode
    }
  }

  /// Carries out what a verb does, which writes its report itself; writes one when it fails.
  ///
  /// - Parameter body: Gives the exit code, or throws a `Failure`.
  /// - Throws: The `Failure` of the body, or an `ExitCode` that is not 0.
  func guarding(_ body: () throws(Failure) -> Int32) throws {
    let code: Int32
    do throws(Failure) {
      code = try body()
    } catch {
      // Whoever reads the files must not find those of an earlier verdict. The sentence is for
      // the terminal, where text has nothing to add to it.
      if !output.isEmpty || !printsText, let status = error.kind.exitStatus {
        let none = GateReport(sides: [], rows: [], notices: [error.sentence], exitStatus: status)
        try write(none, withText: false)
      }
      throw error
    }
    if code != 0 { throw ExitCode(code) }
  }

  /// Writes a report to where the options say.
  func write(_ report: GateReport, withText: Bool = true) throws(Failure) {
    if output.isEmpty {
      try Terminal.write(text(report, as: format ?? .text), to: 1)
      return
    }
    if withText { try Terminal.write(text(report, as: .text), to: 1) }
    for path in output {
      // A file is read elsewhere: the width and colours of this terminal mean nothing there.
      let kind = ending(of: path) ?? format ?? .text
      let bytes = Array(report.rendered(as: kind).utf8)
      do throws(POSIXFailure) {
        try FileSystem.put(bytes, at: path)
      } catch {
        throw Failure(.tool, "The report '\(path)' could not be written: \(error.text).")
      }
    }
  }

  /// Tells a person something beside the report: on standard output, unless the report alone may
  /// stand there.
  func tell(_ text: String) throws(Failure) {
    if printsText { try Terminal.print(text) } else { Terminal.note(text) }
  }

  private func text(_ report: GateReport, as format: GateReport.Format) -> String {
    let options = TableOptions(
      width: Terminal.width, color: Terminal.hasColor, unicode: Terminal.hasUnicode)
    return report.rendered(as: format, options: options)
  }

  private func ending(of path: String) -> GateReport.Format? {
    guard let dot = path.lastIndex(of: ".") else { return nil }
    return GateReport.Format(ending: String(path[path.index(after: dot)...]))
  }
}

extension GateReport.Format: ExpressibleByArgument {}

extension Failure.Kind {
  /// What a report says of it; nil where no report is wanted.
  fileprivate var exitStatus: ExitStatus? {
    switch self {
    case .tool: .toolError
    case .unusableBaseline: .baselineUnusable
    case .selfTestFailed: .selfTestFailed
    case .usage, .interrupted: nil
    }
  }
}
