import Foundation
import Testing

/// What a finished daxmark left behind.
struct Finished: Sendable {
  let code: Int32
  let output: String
  let errors: String

  var outputLines: [String] { output.split(separator: "\n").map(String.init) }
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  /// The sentence it stopped with; progress lines of a long run may come before it.
  var sentence: String { errorLines.last { $0.hasPrefix("daxmark: ") } ?? "" }
}

/// A daxmark started as a process, in a folder of its own.
final class Daxmark {
  /// The program built with the tests: it lies beside the test bundle.
  static let path: String = {
    let bundle = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(filePath: bundle ?? "").deletingLastPathComponent().appending(path: "daxmark").path()
  }()

  private let process = Process()
  private let files: Scratch

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: Everything after the program's name.
  ///   - environment: Variables set beyond those of the tests, less `DAXMARK_*`.
  ///   - folder: The folder it runs in.
  ///   - isDeafToPipes: Whether it inherits what the tests do with SIGPIPE, which is to ignore it.
  /// - Throws: when there is no such program.
  init(
    _ arguments: [String], environment: [String: String] = [:], in folder: String,
    isDeafToPipes: Bool = true
  ) throws {
    files = try Scratch()
    for name in ["output", "errors"] {
      _ = FileManager.default.createFile(atPath: files.path(name), contents: nil)
    }
    process.executableURL = URL(filePath: isDeafToPipes ? Self.path : "/usr/bin/env")
    process.arguments = (isDeafToPipes ? [] : ["--default-signal=PIPE", Self.path]) + arguments
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("DAXMARK_") }
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: files.path("output"))
    process.standardError = FileHandle(forWritingAtPath: files.path("errors"))
    try process.run()
  }

  /// Runs one to its end.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: String = "/tmp"
  ) throws -> Finished {
    try Daxmark(arguments, environment: environment, in: folder).wait()
  }

  var processID: pid_t { process.processIdentifier }

  func wait() -> Finished {
    process.waitUntilExit()
    return Finished(
      code: process.terminationStatus, output: files.text("output"), errors: files.text("errors"))
  }

  /// Its child that measures, or nil when there is none at this moment.
  var worker: pid_t? { ProcessTable.children(of: processID).first }
}

/// A folder that goes away with the value.
final class Scratch: Sendable {
  let root: String

  init() throws {
    root = NSTemporaryDirectory() + "/daxmark-test-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { "\(root)/\(name)" }
  func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
  }
}

/// What /proc says of processes.
enum ProcessTable {
  /// Parent and state of a process, nil when there is none.
  static func status(of process: pid_t) -> (parent: pid_t, isZombie: Bool)? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[end...].split(separator: " ")
    guard fields.count > 2, let parent = pid_t(fields[2]) else { return nil }
    return (parent, fields[1] == "Z")
  }

  static func children(of parent: pid_t) -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { status(of: $0)?.parent == parent }
  }

  static func isRunning(_ process: pid_t) -> Bool { status(of: process)?.isZombie == false }
}

/// Waits for something that must happen; false when it has not after half a minute.
func eventually(_ condition: () -> Bool) -> Bool {
  for _ in 0..<3000 {
    if condition() { return true }
    usleep(10_000)
  }
  return false
}

/// A CSV file of a run, read by the simplest means: no test field holds a comma or a quote.
struct Table {
  let columns: [String]
  let rows: [[String: String]]

  init(_ text: String) {
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    columns = lines.first ?? []
    let names = columns
    rows = lines.dropFirst().map { fields in
      Dictionary(zip(names, fields)) { first, _ in first }
    }
  }

  init(file: String) {
    self.init(String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self))
  }

  /// The value of a fact of machine.csv.
  func fact(_ name: String) -> String? { rows.first { $0["name"] == name }?["value"] }
}

/// A finished run of a few cells that many tests read; made once.
enum SharedRun {
  static let fewCells = ["--quick", "--filter", "operation=copy", "--filter", "size_bytes=256"]
  static let fileNames = ["samples.csv", "cells.csv", "ledger.csv", "machine.csv"]

  private static let made = Result {
    let scratch = try Scratch()
    // What a global holds is never let go: the folder is removed when the tests end.
    atexit { if let folder = try? SharedRun.folder() { SharedRun.remove(folder) } }
    let finished = try Daxmark.run(
      ["run"] + fewCells + ["--rounds", "2", "--no-instructions", "--out", scratch.path("run")])
    return (scratch: scratch, finished: finished)
  }

  private static func remove(_ folder: String) {
    try? FileManager.default.removeItem(
      at: URL(filePath: folder).deletingLastPathComponent())
  }

  static func folder() throws -> String { try made.get().scratch.path("run") }
  static func finished() throws -> Finished { try made.get().finished }

  /// A baseline made of the run alone, in a fresh folder.
  static func baseline(in scratch: Scratch) throws -> String {
    let path = scratch.path("baseline")
    let finished = try Daxmark.run(["baseline", try folder(), "--out", path])
    try #require(finished.code == 0, "\(finished.errors)")
    return path
  }
}

/// Whether a text is one line with one sentence, from daxmark.
func isOneSentence(_ text: String) -> Bool {
  let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
  guard lines.count == 1, let line = lines.first, line.hasPrefix("daxmark: ") else { return false }
  guard line.hasSuffix(".") || line.hasSuffix("?") else { return false }
  return line.firstRange(of: /[.?!] [A-Z]/) == nil
}
