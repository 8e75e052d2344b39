internal import Glibc

/// Built executables by commit, and the one place where they are built.
///
/// ```
/// .build/revisions/<commit>/daxmark     the executable; the folder's time is its last use
/// .build/revisions/<commit>/toolchain   what made it
/// .build/revisions/<commit>.log         the log of a build that failed
/// .build/revisions/products             what builds share: dependencies above all
/// .build/revisions/source               the sources, while a build runs
/// .build/revisions/lock                 held by whoever builds
/// ```
///
/// Every revision is built at the same path, so that two executables of one source are the same.
struct RevisionCache {
  /// The folder of it all.
  let root: String

  /// Executables kept; older ones go.
  static let capacity = 8

  var lock: String { "\(root)/lock" }
  var source: String { "\(root)/source" }
  var products: String { "\(root)/products" }
  func log(_ commit: String) -> String { "\(root)/\(commit).log" }
  private func entry(_ commit: String) -> String { "\(root)/\(commit)" }

  /// The executable of a commit by this toolchain, marked as used; nil when it is not kept.
  func executable(_ commit: String, toolchain: String) -> String? {
    let entry = entry(commit)
    let maker = try? FileSystem.read("\(entry)/toolchain")
    guard maker == Array(toolchain.utf8), FileSystem.isExecutable("\(entry)/daxmark") else {
      return nil
    }
    FileSystem.touch(entry)
    return "\(entry)/daxmark"
  }

  /// Takes over a built executable; to be called under the lock.
  ///
  /// - Parameters:
  ///   - built: The executable; it is moved.
  ///   - commit: What it was built from.
  ///   - toolchain: What it was built by.
  /// - Returns: Where it is now.
  /// - Throws: `POSIXFailure` of the first call that failed; then nothing was taken.
  func keep(
    _ built: String, as commit: String, toolchain: String
  ) throws(POSIXFailure) -> String {
    // By a rename at the end: who looks without the lock sees all of it or nothing.
    let staged = "\(root)/staged"
    let entry = entry(commit)
    FileSystem.removeTree(staged)
    FileSystem.removeTree(entry)
    do throws(POSIXFailure) {
      try FileSystem.makeFolder(staged)
      try FileSystem.replace("\(staged)/toolchain", with: Array(toolchain.utf8))
      // SAFETY: Swift lends the paths as C strings for the calls.
      if unsafe rename(built, "\(staged)/daxmark") != 0 { throw POSIXFailure() }
      if unsafe rename(staged, entry) != 0 { throw POSIXFailure() }
    } catch {
      FileSystem.removeTree(staged)
      throw error
    }
    FileSystem.remove(log(commit))
    prune()
    return "\(entry)/daxmark"
  }

  /// Removes all but the executables and logs used last; to be called under the lock.
  func prune() {
    let names = FileSystem.names(in: root)
    let groups = [names.filter(Self.isCommit), names.filter { $0.hasSuffix(".log") }]
    for group in groups {
      let paths = group.map { (path: "\(root)/\($0)", time: FileSystem.changed("\(root)/\($0)")) }
      for old in paths.sorted(by: { $0.time > $1.time }).dropFirst(Self.capacity) {
        FileSystem.removeTree(old.path)
      }
    }
  }

  private static func isCommit(_ name: String) -> Bool {
    name.utf8.count >= 40 && name.allSatisfy { $0.isASCII && $0.isHexDigit }
  }
}
