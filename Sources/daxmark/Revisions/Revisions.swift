internal import Glibc
internal import Runner

/// Finds or builds the executables that a duel is fought with.
struct Revisions {
  /// The folder that relative paths and revisions are looked up in.
  var folder = "."
  /// How executables are built.
  var recipe = BuildRecipe.release
  /// Asked ten times a second whether to stop.
  var isInterrupted: @Sendable () -> Bool = { Interrupt.isRequested }

  /// The argument that stands for the working tree.
  static let workingTree = "."

  /// Finds or builds what an argument names.
  ///
  /// An executable file is taken as it is. `.` is the working tree as it stands, dirty or not,
  /// built in place. Anything else is a git revision: built in a scratch folder once, and kept.
  ///
  /// - Parameters:
  ///   - argument: What a person typed.
  ///   - label: The side, `A` or `B`, for sentences.
  ///   - progress: Told what is being done, ten times a second at most; the text ends in seconds.
  /// - Returns: The side.
  /// - Throws: `Failure` with a sentence that names the side.
  func resolve(
    _ argument: String, as label: String, progress: (String) -> Void
  ) throws(Failure) -> BuiltSide {
    try Interrupt.answeredOnce { () throws(Failure) in try resolved(argument, label, progress) }
  }

  private func resolved(
    _ argument: String, _ label: String, _ progress: (String) -> Void
  ) throws(Failure) -> BuiltSide {
    if argument == Self.workingTree { return try builtInPlace(label, progress) }
    let path = argument.hasPrefix("/") ? argument : "\(folder)/\(argument)"
    if FileSystem.isExecutable(path) {
      return BuiltSide(
        label: label, argument: argument, executable: FileSystem.canonical(path), commit: nil,
        isDirty: false)
    }
    let found = try find(argument, path: path, label)
    let executable = try RevisionBuild(
      commit: found.commit, name: "\(label), \(found.commit.prefix(7))",
      title: "\(label) '\(argument)' (\(found.commit.prefix(7)))",
      repository: found.repository, revisions: self
    ).executable(progress)
    return BuiltSide(
      label: label, argument: argument, executable: executable, commit: found.commit,
      isDirty: false)
  }

  private func find(
    _ argument: String, path: String, _ label: String
  ) throws(Failure) -> (repository: Repository, commit: String) {
    // What is wrong with a path is worth more than that it is no revision either.
    var complaint: String?
    if argument.isEmpty {
      complaint = nil
    } else if FileSystem.isFolder(path) {
      complaint = "is a folder; give an executable, a git revision, or '.' for the working tree"
    } else if FileSystem.isFile(path) {
      complaint = "is a file that cannot be executed"
    } else if argument.contains("/"), FileSystem.exists(path) {
      complaint = "is no file"
    }
    let repository: Repository
    do throws(Failure) {
      repository = try Repository(around: folder)
    } catch {
      if error.kind == .interrupted { throw error }
      let reason = complaint ?? "is no executable file, and no revision either"
      throw Failure(.tool, "\(label) '\(argument)' \(reason): \(lowercased(error.sentence))")
    }
    guard let commit = try repository.commit(of: argument) else {
      if let complaint { throw Failure(.tool, "\(label) '\(argument)' \(complaint).") }
      var hint = try repository.isShallow ? "; this clone is shallow and may lack it." : "."
      if let nearest = try repository.nearest(to: argument) {
        hint = "; did you mean '\(nearest)'?"
      }
      throw Failure(
        .tool, "\(label) '\(argument)' is neither an executable file nor a git revision\(hint)")
    }
    guard try repository.isDaxmark(commit) else {
      throw Failure(
        .tool, "\(label) '\(argument)' (\(commit.prefix(7))) is no revision of daxmark.")
    }
    return (repository, commit)
  }

  private func lowercased(_ sentence: String) -> String {
    sentence.prefix(1).lowercased() + sentence.dropFirst()
  }

  // MARK: The working tree

  private func builtInPlace(
    _ label: String, _ progress: (String) -> Void
  ) throws(Failure) -> BuiltSide {
    let repository: Repository
    do throws(Failure) {
      repository = try Repository(around: folder)
    } catch {
      if error.kind == .interrupted { throw error }
      throw Failure(.tool, "\(label) '.' cannot be built: \(lowercased(error.sentence))")
    }
    guard try repository.isDaxmark(nil) else {
      throw Failure(.tool, "\(label) '.' is no working tree of daxmark.")
    }
    let products = "\(repository.top)/.build"
    let run = RecipeRun(
      recipe: recipe, source: repository.top, products: products,
      log: "\(products)/working-tree.log", name: "\(label), working tree",
      title: "\(label) '.'", isInterrupted: isInterrupted)
    let executable = FileSystem.canonical(try run.build(progress))
    FileSystem.remove(run.log)
    let state = DirtyCommit(directory: repository.top)
    return BuiltSide(
      label: label, argument: Self.workingTree, executable: executable,
      commit: try repository.commit(of: "HEAD"), isDirty: state.dirty != "no")
  }
}
