internal import Glibc

/// The build of one commit in the cache's scratch folder.
struct RevisionBuild {
  let commit: String
  /// The side in progress lines: `A, 46effba`.
  let name: String
  /// The side in sentences: `A 'HEAD~1' (46effba)`.
  let title: String
  let repository: Repository
  let revisions: Revisions

  private var cache: RevisionCache { RevisionCache(root: "\(repository.top)/.build/revisions") }

  /// The executable of the commit, built when it is not kept.
  ///
  /// One build at a time: whoever finds the lock taken waits, and then may find it built.
  func executable(_ progress: (String) -> Void) throws(Failure) -> String {
    let toolchain = try toolchain()
    let cache = cache
    if let kept = cache.executable(commit, toolchain: toolchain) { return kept }
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(cache.root)
    } catch {
      throw Failure(.tool, "'\(cache.root)' could not be made: \(error.text).")
    }
    let lock = try FolderLock(cache.lock, isInterrupted: revisions.isInterrupted) {
      progress("waiting for another build, then \(name)")
    }
    if let kept = cache.executable(commit, toolchain: toolchain) { return kept }
    // One that was killed could not clean up.
    FileSystem.removeTree(cache.source)
    defer { FileSystem.removeTree(cache.source) }
    try prepare(cache)
    let built = try RecipeRun(
      recipe: revisions.recipe, source: cache.source, products: cache.products,
      log: cache.log(commit), name: name, title: title, isInterrupted: revisions.isInterrupted,
      lock: lock.descriptor
    ).build(progress)
    do throws(POSIXFailure) {
      return try cache.keep(built, as: commit, toolchain: toolchain)
    } catch {
      throw Failure(.tool, "\(title) was built but not kept: \(error.text).")
    }
  }

  private func prepare(_ cache: RevisionCache) throws(Failure) {
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(cache.source)
    } catch {
      throw Failure(.tool, "'\(cache.source)' could not be made: \(error.text).")
    }
    try repository.checkOut(commit, into: cache.source)
    // Which versions of dependencies are used is no part of a commit; both sides get the same.
    let resolved = "\(cache.source)/Package.resolved"
    if !FileSystem.exists(resolved),
      let bytes = try? FileSystem.read("\(repository.top)/Package.resolved")
    {
      try? FileSystem.replace(resolved, with: bytes)
    }
    if !FileSystem.exists(cache.products) { seed(cache.products) }
  }

  /// Takes over the dependencies that the working tree's builds have fetched, so that a machine
  /// without a network can build too; without them swift fetches.
  private func seed(_ products: String) {
    let mine = "\(repository.top)/.build"
    let names = ["checkouts", "repositories", "workspace-state.json"].map { "\(mine)/\($0)" }
    guard names.allSatisfy(FileSystem.exists) else { return }
    try? FileSystem.makeFolder(products)
    _ = try? ChildCommand.run(
      ["cp", "-R", "--"] + names + [products], output: 2, errors: 2,
      isInterrupted: revisions.isInterrupted)
  }

  private func toolchain() throws(Failure) -> String {
    let command = revisions.recipe.toolchain
    let printed: ChildCommand.Printed
    do throws(POSIXFailure) {
      printed = try ChildCommand.read(command)
    } catch {
      throw Failure(
        .tool, "\(title) cannot be built: '\(command[0])' could not be started: \(error.text).")
    }
    if printed.ending == .interrupted {
      throw Failure(.interrupted, "Interrupted before \(title) was built.")
    }
    guard let line = printed.line else {
      throw Failure(.tool, "\(title) cannot be built: '\(command[0])' failed.")
    }
    return line + "\n" + revisions.recipe.command("", "").joined(separator: " ") + "\n"
  }
}
