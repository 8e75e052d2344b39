@testable import HotCore

/// This machine, and the smaller ones it can stand in for.
enum Machines {
  static let levels: [Set<CPUFeatures.Feature>] = [
    [], [.avx512f], [.avx2], [.sse2], [.clwb], [.clwb, .clflushopt],
  ]

  static func without(_ disabled: Set<CPUFeatures.Feature>) -> Selection {
    Selection(
      features: CPUFeatures(detected: CPUFeatures.detect(), disabled: disabled), flush: nil)
  }

  /// Each available routine of this machine once, and `auto` as smaller machines have it.
  static func routines<Kind>(_ table: (Selection) -> [Routine<Kind>]) -> [Routine<Kind>] {
    var all = table(without([])).filter(\.isAvailable)
    for level in levels.dropFirst() {
      let name = level.map(\.rawValue).sorted().joined(separator: ",")
      all += table(without(level)).filter { $0.name == "auto" && $0.isAvailable }
        .map { $0.renamed("auto without \(name)") }
    }
    let persistent = Selection(features: CPUFeatures(detected: CPUFeatures.detect()), flush: "none")
    all += table(persistent).filter { $0.name == "auto" && $0.isAvailable }
      .map { $0.renamed("auto with persistent caches") }
    return all
  }
}
