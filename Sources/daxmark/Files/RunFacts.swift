internal import Glibc
internal import HotCore
internal import LiveFS
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
      MachineFact(
        "reference_hash",
        [frozenReferenceHash, frozenFaultReferenceHash, frozenReadReferenceHash]
          .map { String($0, radix: 16) }.joined(separator: "-")),
      MachineFact("overrides", overrides),
      MachineFact("clock", "thread-cpu"),
      MachineFact("executable_hash", executableHash),
    ]
    return MachineProbe.facts(extra: hot + DirtyCommit(directory: ".").facts + extra)
  }

  /// What the environment forces upon the routines, or `none`.
  private static var overrides: String {
    let forced = RoutineOverrides.variables.compactMap { name in
      Terminal.environment(name).flatMap { $0.isEmpty ? nil : "\(name)=\($0)" }
    }
    return forced.isEmpty ? "none" : forced.joined(separator: " ")
  }

  /// FNV-1a of this executable: runs of equal hash measured the same code.
  private static var executableHash: String {
    (try? FileSystem.read("/proc/self/exe")).map { FNV1a($0).hexadecimal } ?? "unknown"
  }

  /// The value of a fact, or `unknown`.
  static func value(_ name: String, in facts: [MachineFact]) -> String {
    facts.first { $0.name == name }?.value ?? "unknown"
  }
}
