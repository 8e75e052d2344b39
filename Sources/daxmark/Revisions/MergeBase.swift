extension Revisions {
  /// The revision that the working tree is judged against: what it grew from.
  ///
  /// The last commit it shares with `origin/main`, else with `main`. Where that is `HEAD` and
  /// nothing has changed since, as on the main branch itself, it is the commit before.
  ///
  /// - Parameter notice: Told, in a sentence, when it is not the one with `origin/main`.
  /// - Returns: The full digits of a commit.
  /// - Throws: `Failure` without git, a repository, or a commit to compare with.
  func mergeBase(notice: (String) -> Void) throws(Failure) -> String {
    let repository = try Repository(around: folder)
    guard let head = try repository.commit(of: "HEAD") else {
      throw Failure(.tool, "This repository has no commit to compare with.")
    }
    let isDirty = try repository.isDirty
    for branch in ["origin/main", "main"] {
      guard try repository.commit(of: branch) != nil,
        let base = try repository.mergeBase(branch, "HEAD"),
        base != head || isDirty
      else { continue }
      if branch != "origin/main" {
        notice("There is no merge base with origin/main; comparing with that with \(branch).")
      }
      return base
    }
    guard let parent = try repository.commit(of: "HEAD~1") else {
      throw Failure(.tool, "There is no merge base with main, and no commit before HEAD.")
    }
    notice("Nothing has changed since main, or there is none; comparing with HEAD~1.")
    return parent
  }
}
