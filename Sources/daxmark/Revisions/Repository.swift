internal import Plan

/// What git says of the repository around a folder.
struct Repository {
  /// The working tree's top folder.
  let top: String
  /// Where its things are found: git and the variables it must not see.
  private let git: [String]

  /// Finds the repository that a folder lies in.
  ///
  /// - Parameter folder: The folder.
  /// - Throws: `Failure` without git or a repository, with git's own reason.
  init(around folder: String) throws(Failure) {
    let git = Self.command + ["-C", folder]
    let printed = try Self.ask(git + ["rev-parse", "--show-toplevel"])
    guard let top = printed.line, !top.isEmpty else {
      let reason = printed.errors.split(separator: "\n").first.map(String.init) ?? "git failed"
      throw Failure(.tool, Self.sentence(reason))
    }
    self.top = top
    self.git = Self.command + ["-C", top]
  }

  /// Git for the folder it is told, not for the repository whose hook may be running us.
  static let command =
    ["env"] + variables.flatMap { ["-u", $0] } + ["git", "--no-optional-locks"]
  /// The variables that would point git, also one that a build starts, somewhere else.
  static let variables = [
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
  ]

  private static func ask(_ arguments: [String]) throws(Failure) -> ChildCommand.Printed {
    do throws(POSIXFailure) {
      let printed = try ChildCommand.read(arguments)
      if printed.ending == .interrupted { throw POSIXFailure(0) }
      return printed
    } catch {
      if error.number == 0 { throw Failure(.interrupted, "Interrupted while asking git.") }
      throw Failure(.tool, "Git could not be started: \(error.text).")
    }
  }

  private static func sentence(_ reason: String) -> String {
    reason.contains("not a git repository")
      ? "This folder is in no git repository."
      : "Git cannot be asked here: \(reason)."
  }

  /// The full digits of the commit a revision names, nil when it names none.
  func commit(of revision: String) throws(Failure) -> String? {
    guard !revision.isEmpty, !revision.utf8.contains(0) else { return nil }
    // In two steps: `:/words` takes all that follows for words to look for.
    func parsed(_ text: String) throws(Failure) -> String? {
      let printed = try Self.ask(
        git + ["rev-parse", "--verify", "--quiet", "--end-of-options", text])
      return printed.line.flatMap { $0.allSatisfy(\.isHexDigit) && !$0.isEmpty ? $0 : nil }
    }
    guard let object = try parsed(revision) else { return nil }
    return try parsed("\(object)^{commit}")
  }

  /// The branch or tag a person probably meant.
  func nearest(to revision: String) throws(Failure) -> String? {
    let printed = try Self.ask(git + ["for-each-ref", "--format=%(refname:short)"])
    let names = printed.output.split(separator: "\n").map(String.init)
    return Nearest.name(to: revision, among: ["HEAD"] + names)
  }

  /// Whether old commits are missing here.
  var isShallow: Bool {
    get throws(Failure) {
      try Self.ask(git + ["rev-parse", "--is-shallow-repository"]).line == "true"
    }
  }

  /// Whether a commit, or with nil the working tree, is one of daxmark.
  func isDaxmark(_ commit: String?) throws(Failure) -> Bool {
    let text: String
    if let commit {
      text = try Self.ask(git + ["show", "\(commit):Package.swift"]).output
    } else {
      text = String(
        decoding: (try? FileSystem.read("\(top)/Package.swift")) ?? [], as: UTF8.self)
    }
    return text.contains(#"name: "daxmark""#)
  }

  /// Writes the files of a commit into a folder.
  ///
  /// By an index of its own: no entry in the list of working trees, nothing to prune after a
  /// crash. Unlike an archive it takes every file, whatever the export attributes say.
  ///
  /// - Parameters:
  ///   - commit: The commit.
  ///   - folder: An empty folder; the index lies beside it meanwhile.
  /// - Throws: `Failure`, with git's reason.
  func checkOut(_ commit: String, into folder: String) throws(Failure) {
    let index = folder + ".index"
    defer { FileSystem.remove(index) }
    let git =
      ["env"] + Self.variables.flatMap { ["-u", $0] } + ["GIT_INDEX_FILE=\(index)", "git"]
      + ["-C", top]
    for step in [["read-tree", commit], ["checkout-index", "--all", "--prefix=\(folder)/"]] {
      let printed = try Self.ask(git + step)
      guard printed.ending == .code(0) else {
        let reason = printed.errors.split(separator: "\n").first ?? "git failed"
        throw Failure(.tool, "Commit \(commit.prefix(7)) could not be checked out: \(reason).")
      }
    }
  }
}
