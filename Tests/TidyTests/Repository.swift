import Foundation

/// The project's files as git would see them: everything below the root but builds and results.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path()

  /// A text file by its path below the root.
  struct File: Sendable, CustomStringConvertible {
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var description: String { path }
  }

  /// All text files; a file that is no UTF-8 (a picture) has no text to judge.
  static let files: [File] = {
    let skipped = [".git", ".venv", "__pycache__"]
    let measured = ["results/runs", "results/duels"]
    let all = FileManager.default.enumerator(atPath: root)
    var files: [File] = []
    while let path = all?.nextObject() as? String {
      let name = path.split(separator: "/").last.map(String.init) ?? path
      if skipped.contains(name) || name.hasPrefix(".build") || measured.contains(path) {
        all?.skipDescendants()
      } else if let text = try? String(contentsOfFile: root + path, encoding: .utf8) {
        files.append(File(path: path, text: text))
      }
    }
    return files.sorted { $0.path < $1.path }
  }()

  /// The files of some folders with some endings.
  static func sources(_ folders: [String], _ endings: [String]) -> [File] {
    files.filter { file in
      folders.contains { file.path.hasPrefix($0 + "/") }
        && endings.contains { file.path.hasSuffix("." + $0) }
    }
  }
}
