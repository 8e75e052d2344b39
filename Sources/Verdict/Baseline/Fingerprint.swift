public import Record

/// Whether stored numbers of one machine say anything about another run.
public enum Comparability: Equatable, Sendable {
  /// The same machine class, kernel, libraries and compiler.
  case same
  /// The same class, with a difference that may move ratios: shown, never a gate.
  case advisory(String)
  /// Another machine class: kernels and references scale differently, ratios included.
  case differentClass(String)
  /// Another schema or frozen reference: the numbers mean different things.
  case refused(String)
}

/// The facts that decide whether two runs may be compared.
public enum Fingerprint {
  /// What the numbers mean: a difference refuses the baseline.
  static let meaning = ["schema", "reference_hash"]
  /// What makes a machine class; `class_hash` covers them.
  static let machineClass = [
    "cpu_vendor", "cpu_family", "cpu_model", "cpu_stepping", "cores", "l1d_bytes", "l2_bytes",
    "llc_bytes", "isa", "flush_instruction", "hypervisor",
  ]
  /// What may move a ratio within a class.
  static let circumstances = [
    "cpu_microcode", "cpu_flags_hash", "kernel", "thp", "page_bytes", "libc", "libpmem", "compiler",
    "build", "overrides", "thresholds",
  ]

  /// Compares the facts of a baseline with those of a later run.
  ///
  /// A fact of `meaning` that either side lacks refuses; without `class_hash` the machine class is
  /// unknown, which counts as another class. Facts that both sides lack are equal.
  public static func compare(
    baseline: [MachineFact], candidate: [MachineFact]
  ) -> Comparability {
    for name in meaning where value(name, baseline) == nil || value(name, candidate) == nil {
      return .refused("the fact \(name) is missing")
    }
    let meanings = differences(meaning, baseline, candidate, as: Fingerprint.meaning(of:_:))
    if !meanings.isEmpty { return .refused(meanings.joined(separator: ", ")) }
    let classes = differences(machineClass, baseline, candidate)
    let hash = value("class_hash", baseline)
    if hash == nil || hash != value("class_hash", candidate) || !classes.isEmpty {
      let parts = classes.isEmpty ? differences(["class_hash"], baseline, candidate) : classes
      return .differentClass(
        parts.isEmpty ? "the fact class_hash is missing" : parts.joined(separator: ", "))
    }
    let changes = differences(circumstances, baseline, candidate)
    return changes.isEmpty ? .same : .advisory(changes.joined(separator: ", "))
  }

  /// `name old → new` for each fact that differs.
  static func differences(
    _ names: [String], _ baseline: [MachineFact], _ candidate: [MachineFact],
    as meaning: (String, String?) -> String? = { $1 }
  ) -> [String] {
    names.compactMap { name in
      let old = value(name, baseline)
      let new = value(name, candidate)
      if meaning(name, old) == meaning(name, new) { return nil }
      return "\(name) \(old ?? "unknown") → \(new ?? "unknown")"
    }
  }

  /// What the value of a fact means: the numbers of all schemas this build reads mean the same.
  static func meaning(of name: String, _ value: String?) -> String? {
    guard name == "schema", let version = value.flatMap({ Int($0) }) else { return value }
    return readableSchemaVersions.contains(version) ? "readable" : value
  }

  static func value(_ name: String, _ facts: [MachineFact]) -> String? {
    facts.first { $0.name == name }?.value
  }
}
