import Foundation
import Plan
import Suites

@testable import daxmark

/// A folder in which `daxmark duel` runs, between workers in the shell.
final class DuelWorld {
  let root: String
  private var workers: [FakeWorker] = []

  /// Two cells of the suite `gate`, which workers know as 0 and 1, and their references as 2 and 3.
  static let cells = ["--filter", "operation=compare"]

  init() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "daxmark-duel-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    root = folder.path()
  }

  deinit {
    for worker in workers { worker.remove() }
    try? FileManager.default.removeItem(atPath: root)
  }

  func worker(
    _ misbehaviour: [String: String] = [:], plan: String = "exit 1"
  ) throws -> FakeWorker {
    let worker = try FakeWorker(misbehaviour, plan: plan)
    workers.append(worker)
    return worker
  }

  /// A worker that tells what it has in all, and in its suite `gate`.
  ///
  /// - Parameters:
  ///   - gate: The cells of its suite.
  ///   - others: Cells that it has beside those, and beside those of this build.
  ///   - strangers: Lines of the suite's plan that nobody can read.
  ///   - references: What it lists with `--companions` alone.
  /// - Returns: The worker.
  /// - Throws: when its files cannot be written.
  func worker(
    gate: [Cell], others: [Cell] = [], strangers: [String] = [], references: [Cell] = []
  ) throws -> FakeWorker {
    let worker = try worker(
      plan: "cat \"$0.$3\"; [ \"$5\" != --companions ] || tail -n +2 \"$0.references\"")
    func write(_ suite: String, _ cells: [Cell], _ more: [String] = []) throws {
      let lines = cells.map { $0.keyFields.joined(separator: ",") } + more
      try ([Cell.keyColumns.joined(separator: ",")] + lines).map { $0 + "\n" }.joined()
        .write(toFile: "\(worker.path).\(suite)", atomically: false, encoding: .utf8)
    }
    try write("gate", gate, strangers)
    try write("full", gate + others)
    try write("references", references)
    return worker
  }

  /// The cells that this build has in its suite `gate` and that `cells` chooses.
  static func gate() throws -> [Cell] {
    try (Catalog.suite(named: "gate")?.cells() ?? []).filter { $0.operation == .compare }
  }

  /// Starts a duel.
  func start(_ a: FakeWorker, _ b: FakeWorker, _ options: [String] = []) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: builtDaxmark)
    process.arguments = ["duel", a.path, b.path] + Self.cells + options
    process.currentDirectoryURL = URL(filePath: root)
    process.environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("DAXMARK_") }
    process.standardInput = FileHandle.nullDevice
    for name in [".output", ".errors"] {
      _ = FileManager.default.createFile(atPath: "\(root)/\(name)", contents: nil)
    }
    process.standardOutput = FileHandle(forWritingAtPath: "\(root)/.output")
    process.standardError = FileHandle(forWritingAtPath: "\(root)/.errors")
    try process.run()
    return process
  }

  /// Fights one to its end.
  func duel(
    _ a: FakeWorker, _ b: FakeWorker, _ options: [String] = []
  ) throws -> (code: Int32, output: String, errors: String) {
    let process = try start(a, b, options)
    process.waitUntilExit()
    // The progress of a long duel is told line by line, too.
    let errors = text(".errors").split(separator: "\n").filter { $0.hasPrefix("daxmark: ") }
    let sentences = errors.map { $0 + "\n" }.joined()
    return (process.terminationStatus, text(".output"), sentences)
  }

  private func text(_ name: String) -> String {
    let bytes = FileManager.default.contents(atPath: "\(root)/\(name)") ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What lies in the folder.
  var names: [String] { FileSystem.names(in: root) }

  /// The folders of duels.
  var duels: [String] {
    FileSystem.names(in: "\(root)/\(DuelFolder.root)").map { "\(root)/\(DuelFolder.root)/\($0)" }
  }

  /// The facts of a duel.
  func facts(_ folder: String) -> [String: String] {
    Dictionary(DuelFolder(existing: folder).facts.map { ($0.name, $0.value) }) { first, _ in first }
  }

  func rewrite(_ path: String, _ change: (String) -> String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try change(text).write(toFile: path, atomically: true, encoding: .utf8)
  }
}

/// Whether a text is one line with one sentence, from daxmark.
func isOneSentence(_ text: String) -> Bool {
  let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
  guard lines.count == 1, let line = lines.first, line.hasPrefix("daxmark: ") else { return false }
  guard line.hasSuffix(".") || line.hasSuffix("?") else { return false }
  return line.firstRange(of: /[.?!] [A-Z]/) == nil
}
