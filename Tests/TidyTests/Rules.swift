import Foundation

/// What the project holds itself to, each rule a pure function from a file to its breaches.
enum Rules {
  typealias File = Repository.File

  /// Who may import whom: design and Package.swift in one table.
  static let imports: [String: Set<String>] = [
    "HotCore": ["CPersist", "CHost", "CPmem", "CNuma", "Glibc", "Synchronization"],
    "FSDAX": ["HotCore", "Synchronization"],
    "LiveFS": ["HotCore", "CHost", "Glibc", "Synchronization"],
    "Plan": [],
    "Record": ["Plan"],
    "Verdict": ["Plan", "Record"],
    "Runner": [
      "Plan", "Record", "HotCore", "FSDAX", "LiveFS", "CHost", "Glibc", "Synchronization",
    ],
    "Suites": ["Plan"],
    "daxmark": [
      "Plan", "Record", "Verdict", "Runner", "Suites", "HotCore", "LiveFS", "CHost",
      "ArgumentParser", "Glibc", "Synchronization",
    ],
  ]

  /// The target a source file belongs to.
  static func target(of path: String) -> String {
    let parts = path.split(separator: "/").map(String.init)
    return parts.count > 1 ? parts[1] : ""
  }

  /// Imports that the table does not allow.
  static func forbiddenImports(_ file: File) -> [String] {
    let allowed = imports[target(of: file.path)] ?? []
    return file.lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place < words.count - 1,
        words[..<place].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains(String($0)) })
      else { return nil }
      // `import struct Module.Name` names the module second.
      let name = words[words.count - 1].split(separator: ".")[0]
      return allowed.contains(String(name)) ? nil : "\(file): imports \(name)"
    }
  }

  private static let accessLevels = ["public", "package", "internal", "fileprivate", "private"]

  static func isTooLong(_ file: File) -> [String] {
    let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    return count > 400 ? ["\(file): \(count) lines"] : []
  }

  static func wideLines(_ file: File) -> [String] {
    file.lines.enumerated().compactMap { number, line in
      line.count > 100 ? "\(file):\(number + 1): \(line.count) columns" : nil
    }
  }

  /// Files that say `unsafe` in code and give no reason: a `SAFETY` comment, for an operation, a
  /// section or a type, or the `- Safety:` list of an unsafe declaration.
  static func unsafeWithoutReason(_ file: File) -> [String] {
    let isReasoned = file.lines.contains {
      $0.contains(/\/\/.*(SAFETY[:,]|- Safety:)/)
    }
    guard !isReasoned else { return [] }
    return file.lines.enumerated().compactMap { number, line in
      let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
      return code.contains(/\bunsafe\b/) ? "\(file):\(number + 1): unsafe without SAFETY" : nil
    }
  }

  /// Words that have no place in finished Swift.
  static func bannedWords(_ file: File) -> [String] {
    var banned = ["try" + "!", "fatal" + "Error(", "TO" + "DO", "FIX" + "ME", "XX" + "X"]
    if !file.path.hasPrefix("Sources/daxmark/") { banned.append("print(") }
    return file.lines.enumerated().flatMap { number, line in
      banned.filter { word in
        line.ranges(of: word).contains { range in
          // `imprint(` is no `print(`.
          range.lowerBound == line.startIndex
            || !line[line.index(before: range.lowerBound)].isLetter
        }
      }.map { "\(file):\(number + 1): \($0)" }
    }
  }

  /// `@unchecked Sendable` without a sentence about it within four lines.
  static func uncheckedWithoutProof(_ file: File) -> [String] {
    let lines = file.lines
    return lines.indices.compactMap { index in
      let code = lines[index].firstRange(of: "//").map { lines[index][..<$0.lowerBound] }
      guard (code ?? lines[index]).contains("@unchecked " + "Sendable") else { return nil }
      let near = lines[max(0, index - 4)...min(lines.count - 1, index + 4)]
      let isProven = near.contains { line in
        line.firstRange(of: "//").map { line[$0.lowerBound...].contains("Sendable") } ?? false
      }
      return isProven ? nil : "\(file):\(index + 1): no proof"
    }
  }

  /// Paths that only exist on somebody's machine.
  static func machinePaths(_ file: File) -> [String] {
    let homes = ["home", "Users", "work", "root"].map { "/\($0)/" }
    return file.lines.enumerated().compactMap { number, line in
      let isForeign = homes.contains { home in
        line.ranges(of: home).contains { range in
          range.lowerBound == line.startIndex
            || " \"'`(=:,".contains(line[line.index(before: range.lowerBound)])
        }
      }
      return isForeign ? "\(file):\(number + 1): \(line)" : nil
    }
  }
}
