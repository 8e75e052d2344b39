import Foundation
import Plan

@testable import Runner

/// A generator whose seed is printed; `TEST_SEED` brings a failing case back.
func printedGenerator(_ name: String) -> SeededGenerator {
  let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
  let seed = given ?? UInt64.random(in: 0...UInt64.max)
  print("\(name): TEST_SEED=\(seed)")
  return SeededGenerator(seed: seed)
}

/// The daxmark built with the tests: it lies beside the test bundle.
var builtDaxmark: String {
  let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
  return URL(filePath: bundle).deletingLastPathComponent().appending(path: "daxmark").path()
}

/// Copy cells that differ by routine alone.
func copyCells(_ count: Int, engine: String = "core") -> [Cell] {
  (0..<count).map { index in
    var p = Parameters()
    p.sizeBytes = 64
    p.durable = false
    p.cacheState = .l1
    return Cell(
      suite: "copy", operation: .copy, engine: engine, routine: "r\(index)", parameters: p)
  }
}

/// A worker in the shell that speaks the protocol, except where it is told to misbehave.
///
/// It writes each request to `log`, and its process id to `processes`.
struct FakeWorker {
  let path: String
  private let folder: URL

  /// - Parameters:
  ///   - misbehaviour: shell commands run instead of the answer to `verb` or `verb id`.
  ///   - plan: shell commands that answer `plan`; by default it tells nothing.
  /// - Throws: when the folder of the script cannot be made.
  init(_ misbehaviour: [String: String] = [:], plan: String = "exit 1") throws {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "daxmark-fake-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appending(path: "worker").path()
    let patterns = misbehaviour.sorted { $0.key > $1.key }.map { key, commands in
      let pattern = key.contains(" ") ? "\"\(key)\"" : "\"\(key) \"*"
      return "    \(pattern)) \(commands) ;;"
    }
    let script = """
      #!/bin/sh
      tab=$(printf '\\t')
      echo $$ >> "$0.processes"
      if [ "$1" = plan ]; then
        \(plan)
        exit
      fi
      echo "$@" >> "$0.arguments"
      while IFS="$tab" read -r verb id rest; do
        echo "$verb $id" >> "$0.log"
        case "$verb $id" in
      \(patterns.joined(separator: "\n"))
          "hello "*) printf 'hello\\t2\\t%s\\n' $$ ;;
          "prepare "*) printf 'ready\\t%s\\t\\n' "$id" ;;
          "calibrate "*) printf 'calibrated\\t%s\\t10\\n' "$id" ;;
          "batch "*) printf 'sample\\t%s\\t10\\t1000\\t1100\\t640\\t0\\t0\\t0\\t4096\\n' "$id" ;;
          "ledger "*) printf 'ledger\\t%s\\t64\\t\\t\\t\\t\\t\\t5\\t\\t\\t7\\t\\t\\t\\n' "$id" ;;
          "release "*) printf 'released\\t%s\\n' "$id" ;;
          "quit "*) exit 0 ;;
        esac
      done
      """
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o755)
    _ = script.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
  }

  /// Commands that answer a batch in these times, after others.
  static func sample(cpu: Int = 1000, wall: Int = 1100, after commands: String = ":") -> String {
    commands + "; printf 'sample\\t%s\\t10\\t\(cpu)\\t\(wall)\\t640\\t0\\t0\\t0\\t4096\\n' \"$id\""
  }

  /// Requests received, as `verb id`.
  var log: [String] { lines("worker.log") }

  /// The arguments of each start.
  var arguments: [[String]] {
    lines("worker.arguments").map { $0.split(separator: " ").map(String.init) }
  }

  /// Whether any process that ran the script still exists, even as a zombie.
  var isAlive: Bool {
    lines("worker.processes").compactMap { pid_t($0) }.contains { kill($0, 0) == 0 }
  }

  /// Whether any of them still runs, or anything that it started: zombies aside.
  var isRunning: Bool {
    let groups = Set(lines("worker.processes").compactMap { pid_t($0) })
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.contains { name in
      guard pid_t(name) != nil,
        let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")")
      else { return false }
      let fields = text[end...].split(separator: " ")
      return fields.count > 3 && fields[1] != "Z" && groups.contains(pid_t(fields[3]) ?? 0)
    }
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  private func lines(_ name: String) -> [String] {
    let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }
}
