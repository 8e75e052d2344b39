internal import ArgumentParser
internal import Plan
internal import Runner
internal import Suites

/// `daxmark list`: the suites, engines and routines.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show suites, engines and routines, and what this machine lacks.")

  @Flag(help: "Print CSV.")
  var csv = false

  func run() throws {
    try Terminal.print(csv ? csvText() : text())
  }

  private func text() -> String {
    var lines = ["Suites"]
    let width = Catalog.suites.map(\.name.count).max() ?? 0
    for suite in Catalog.suites {
      lines.append("  \(padded(suite.name, width))  \(suite.question)")
    }
    lines += [
      "", "Engines", "  core   bare routines on memory",
      "  model  a user-space fsdax: a whole filesystem around the same routines",
      "  live   the running kernel: its page faults, and files in a --target directory", "",
    ]
    lines.append("Routines (those in brackets are not available here)")
    for group in groups() {
      let names = group.entries.map { $0.unavailable == nil ? $0.name : "[\($0.name)]" }
      lines += wrapped(names, label: group.label)
    }
    let missing = Dictionary(
      grouping: Registry.entries().filter { $0.unavailable != nil }, by: { $0.unavailable ?? "" })
    for (reason, entries) in missing.sorted(by: { $0.key < $1.key }) {
      var seen: Set<String> = []
      let names = entries.map(\.name).filter { seen.insert($0).inserted }
      lines.append("  [\(names.joined(separator: ", "))]: \(reason)")
    }
    return lines.joined(separator: "\n")
  }

  private func csvText() -> String {
    var lines = ["kind,operation,durable,name,available,detail,engine"]
    for suite in Catalog.suites {
      lines.append("suite,,,\(suite.name),1,\(CSV.field(suite.question)),")
    }
    lines += Registry.engines.map { "engine,,,\($0),1,," }
    for entry in Registry.entries() {
      let durable = entry.durable.map { $0 ? "1" : "0" } ?? ""
      lines.append(
        "routine,\(entry.operation.rawValue),\(durable),\(entry.name),"
          + "\(entry.unavailable == nil ? 1 : 0),\(CSV.field(entry.unavailable ?? "")),"
          + entry.engine
      )
    }
    return lines.joined(separator: "\n")
  }

  private func groups() -> [(label: String, entries: [Registry.Entry])] {
    var groups: [(label: String, entries: [Registry.Entry])] = []
    for entry in Registry.entries() {
      let engine = entry.engine == Registry.coreEngine ? "" : ", \(entry.engine)"
      let label =
        entry.operation.rawValue + engine + (entry.durable == true ? ", durable" : "")
      if groups.last?.label == label {
        groups[groups.count - 1].entries.append(entry)
      } else {
        groups.append((label, [entry]))
      }
    }
    return groups
  }

  private func wrapped(_ names: [String], label: String) -> [String] {
    let indent = 20
    var lines: [String] = []
    var line = padded("  " + label, indent)
    for name in names {
      if line.count + name.count > 98, line.count > indent {
        lines.append(line)
        line = padded("", indent)
      }
      line += name + " "
    }
    return lines + [line]
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}

/// A field of the CSV that `list` and `plan` print.
enum CSV {
  static func field(_ text: String) -> String {
    text.contains { ",\"\n".contains($0) } ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }
}
