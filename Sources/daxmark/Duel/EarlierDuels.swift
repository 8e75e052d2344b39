internal import Plan
internal import Record

/// What makes two invocations the same duel.
struct DuelIdentity: Equatable {
  /// Hash of the baseline's bytes, with its routine in a duel of routines.
  let a: String
  /// The same of the candidate.
  let b: String
  /// What else decides the numbers: the machine class, overrides, thresholds, directories.
  let settings: [MachineFact]

  /// The same two executables in the same circumstances, as a duel's `machine.csv` has them.
  init(a: String, b: String, machine: [MachineFact]) {
    self.a = a
    self.b = b
    settings = Self.settings(machine)
  }

  static func settings(_ facts: [MachineFact]) -> [MachineFact] {
    ["class_hash", "overrides", "thresholds", "live_targets"].compactMap { name in
      facts.first { $0.name == name }
    }
  }

  /// The facts it is recorded as.
  var facts: [MachineFact] {
    [MachineFact("a_hash", a), MachineFact("b_hash", b)]
  }
}

/// Invocations of the last hour on the same two builds.
///
/// Their pairs count: who runs a gate again until it is green must not get a new throw of the dice.
/// Nothing switches that off.
struct EarlierDuels {
  /// How long an invocation counts, in seconds.
  static let seconds = 3600

  /// Their folders, the oldest first.
  private(set) var folders: [DuelFolder] = []
  /// The runs of each cell, the oldest first: log(B/A) of the pairs.
  private(set) var runs: [Cell: [[Double]]] = [:]

  /// Finds them.
  ///
  /// - Parameters:
  ///   - identity: The duel that begins.
  ///   - now: Seconds since 1970.
  ///   - root: Where the folders of duels lie.
  /// - Throws: `Failure` when the pairs of one cannot be read.
  init(of identity: DuelIdentity, now: Int, in root: String = DuelFolder.root) throws(Failure) {
    var found: [(ended: Int, folder: DuelFolder)] = []
    for name in FileSystem.names(in: root) {
      let folder = DuelFolder(existing: "\(root)/\(name)")
      if let ended = Self.end(folder.facts, identity, now) { found.append((ended, folder)) }
    }
    for (_, folder) in found.sorted(by: { ($0.ended, $0.folder.path) < ($1.ended, $1.folder.path) })
    {
      let pairs = try folder.load().pairs
      if pairs.isEmpty { continue }
      add(pairs)
      folders.append(folder)
    }
  }

  /// When an invocation ended, or nil for one that does not count.
  private static func end(_ facts: [MachineFact], _ identity: DuelIdentity, _ now: Int) -> Int? {
    func value(_ name: String) -> String? { facts.first { $0.name == name }?.value }
    guard value("a_hash") == identity.a, value("b_hash") == identity.b,
      DuelIdentity.settings(facts) == identity.settings,
      // Where everything moved with the references, the pairs say nothing about the code.
      value("environment_shifted") != "1",
      // Nobody can tell which pairs are of which executable.
      value("executable_changed") != "1",
      let ended = value("duel_ended_unix").flatMap({ Int($0) })
    else { return nil }
    // A clock that was set back makes ends in the future; they count as well.
    let (age, isNonsense) = now.subtractingReportingOverflow(ended)
    return !isNonsense && age <= seconds ? ended : nil
  }

  private mutating func add(_ pairs: [PairSample]) {
    var runs: [Cell: [Int: [Double]]] = [:]
    for pair in pairs { runs[pair.cell, default: [:]][pair.run, default: []].append(pair.logRatio) }
    for (cell, byNumber) in runs {
      self.runs[cell, default: []] += byNumber.sorted { $0.key < $1.key }.map(\.value)
    }
  }
}
