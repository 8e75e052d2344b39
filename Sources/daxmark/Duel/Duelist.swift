internal import Record
internal import Runner

/// One side of a duel as it is shown and recorded.
struct Duelist {
  /// What it is, for a person.
  let description: String
  /// What a folder's name may hold of it.
  let shortName: String
  /// Path of the executable.
  let executable: String
  /// Hash of the executable's bytes.
  private let executableHash: String
  /// The routine in a duel of routines.
  private let routine: String?
  /// Hash of the executable's bytes, and the routine in a duel of routines.
  var hash: String { routine.map { "\(executableHash):\($0)" } ?? executableHash }
  let commit: String?

  /// A build.
  init(_ side: BuiltSide) throws(Failure) {
    description = side.description
    let name = side.commit.map { String($0.prefix(7)) + (side.isDirty ? "-dirty" : "") }
    shortName = name ?? side.argument.split(separator: "/").last.map(String.init) ?? "daxmark"
    executable = side.executable
    commit = side.commit
    executableHash = try Self.hash(of: side.executable)
    routine = nil
  }

  /// A routine of this executable.
  init(routine: String) throws(Failure) {
    description = "\(routine) of this daxmark"
    shortName = routine
    executable = "/proc/self/exe"
    commit = nil
    executableHash = try Self.hash(of: executable)
    self.routine = routine
  }

  /// Whether another executable lies at the path by now: a build in the meantime, for instance.
  ///
  /// Its next worker would measure other code, and what it already measured goes by a hash that
  /// nothing there has any more.
  ///
  /// - Parameter side: The side it is.
  /// - Returns: A sentence that names the side, or nil.
  func change(_ side: DuelSide) -> String? {
    if (try? Self.hash(of: executable)) == executableHash { return nil }
    return "The executable of side \(side.rawValue) ('\(executable)') was changed during the duel; "
      + "its pairs are kept apart from those of other invocations, so repeat it."
  }

  private static func hash(of path: String) throws(Failure) -> String {
    do throws(POSIXFailure) {
      return FNV1a(try FileSystem.read(path)).hexadecimal
    } catch {
      throw Failure(.tool, "The executable '\(path)' cannot be read: \(error.text).")
    }
  }

  /// The rows of `machine.csv` about it, but for the hash.
  func facts(_ side: DuelSide) -> [MachineFact] {
    let prefix = side == .a ? "a_" : "b_"
    var facts = [
      MachineFact(prefix + "name", description), MachineFact(prefix + "executable", executable),
    ]
    if let commit { facts.append(MachineFact(prefix + "commit", commit)) }
    return facts
  }
}
