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
  /// Hash of the executable's bytes, and the routine in a duel of routines.
  let hash: String
  let commit: String?

  /// A build.
  init(_ side: BuiltSide) throws(Failure) {
    description = side.description
    let name = side.commit.map { String($0.prefix(7)) + (side.isDirty ? "-dirty" : "") }
    shortName = name ?? side.argument.split(separator: "/").last.map(String.init) ?? "daxmark"
    executable = side.executable
    commit = side.commit
    hash = try Self.hash(of: side.executable)
  }

  /// A routine of this executable.
  init(routine: String) throws(Failure) {
    description = "\(routine) of this daxmark"
    shortName = routine
    executable = "/proc/self/exe"
    commit = nil
    hash = try Self.hash(of: executable) + ":\(routine)"
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
