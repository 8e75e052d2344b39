public import Record

/// Which commit a directory is at, and whether its files differ from it.
public struct DirtyCommit: Equatable, Sendable {
  /// Twelve or more hexadecimal digits, or `unknown`.
  public let commit: String
  /// `yes`, `no` or `unknown`; new files that git does not ignore count as a difference.
  public let dirty: String

  /// Asks git about a directory; without git or a repository both are `unknown`.
  ///
  /// - Parameter directory: A directory of the working tree.
  public init(directory: String) {
    let git = Self.git + ["--no-optional-locks", "-C", directory]
    let head = ChildOutput.read(git + ["rev-parse", "--short=12", "HEAD"])
    let status = ChildOutput.read(git + ["status", "--porcelain"])
    self.init(head: head, status: status)
  }

  /// Git for the directory it is told, not for the repository whose hook may be running us.
  static let git = [
    "env", "-u", "GIT_DIR", "-u", "GIT_WORK_TREE", "-u", "GIT_INDEX_FILE", "git",
  ]

  /// Judges what git printed; nil stands for a git that failed.
  init(head: String?, status: String?) {
    let digits = head.map { trimmed($0) } ?? ""
    let isCommit =
      digits.utf8.count >= 12 && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
    commit = isCommit ? digits : unknown
    dirty = status.map { trimmed($0).isEmpty ? "no" : "yes" } ?? unknown
  }

  /// The facts `commit` and `dirty`.
  public var facts: [MachineFact] {
    [MachineFact("commit", commit), MachineFact("dirty", dirty)]
  }
}
