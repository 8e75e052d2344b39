internal import Glibc
internal import HotCore
internal import Record
internal import Runner

/// What `machine.csv` says beyond the machine itself.
enum RunFacts {
  /// The machine, the build and the hot core's choices.
  static func machine(extra: [MachineFact] = []) -> [MachineFact] {
    let features = CPUFeatures.current
    let isa = features.has(.avx512f) ? "avx512" : features.has(.avx2) ? "avx2" : "baseline"
    let thresholds = Thresholds.current
    let hot = [
      MachineFact("isa", isa),
      MachineFact("flush_instruction", features.flushInstruction),
      MachineFact("cpu_features", features.description),
      MachineFact(
        "thresholds",
        Thresholds.names.map { "\($0)=\(thresholds[$0] ?? 0)" }.joined(separator: " ")),
      MachineFact("reference_hash", String(frozenReferenceHash, radix: 16)),
      MachineFact("clock", "thread-cpu"),
    ]
    return MachineProbe.facts(extra: hot + DirtyCommit(directory: ".").facts + extra)
  }

  /// The value of a fact, or `unknown`.
  static func value(_ name: String, in facts: [MachineFact]) -> String {
    facts.first { $0.name == name }?.value ?? "unknown"
  }
}
