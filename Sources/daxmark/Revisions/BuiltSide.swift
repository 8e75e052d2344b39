/// One side of a duel: an executable, and where it comes from.
struct BuiltSide: Equatable, Sendable {
  /// Which side it is, `A` or `B`.
  let label: String
  /// What was asked for: a path, `.`, or a git revision as it was typed.
  let argument: String
  /// The absolute path of the executable.
  let executable: String
  /// The commit it was built from, nil for an executable taken as it is.
  let commit: String?
  /// Whether the files differed from the commit when it was built.
  let isDirty: Bool

  /// What it is, for a person: `HEAD~1 (46effba)`, `. (46effba, dirty)`, `./daxmark`.
  var description: String {
    guard let commit else { return argument }
    return "\(argument) (\(commit.prefix(7))\(isDirty ? ", dirty" : ""))"
  }
}
