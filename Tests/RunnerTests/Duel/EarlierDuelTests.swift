import Foundation
import Plan
import Record
import Testing

@testable import daxmark

/// Which earlier invocations count, and what their pairs are.
@Suite struct EarlierDuelTests {
  private static func machine(_ hash: String = "cc", overrides: String = "none") -> [MachineFact] {
    [MachineFact("class_hash", hash), MachineFact("overrides", overrides)]
  }

  private static let identity = DuelIdentity(a: "aa", b: "bb", machine: machine())

  /// Writes a duel that ended at a time into a folder of its own.
  private static func write(
    _ name: String, in root: URL, ended: Int?, identity: DuelIdentity = identity,
    isShifted: Bool = false, ratios: [[Int]] = [[103]]
  ) throws {
    let folder = try DuelFolder(creating: root.appending(path: name).path())
    var facts = identity.facts + identity.settings
    if let ended { facts.append(MachineFact("duel_ended_unix", String(ended))) }
    facts.append(MachineFact("environment_shifted", isShifted ? "1" : "0"))
    let pairs = ratios.enumerated().flatMap { run, values in
      values.enumerated().map { pair, b in
        PairSample(
          cell: copyCells(1)[0], run: run, pair: pair, order: .aFirst, calls: 1,
          a: PairSample.Side(cpuNanoseconds: 100, wallNanoseconds: 1, involuntarySwitches: 0),
          b: PairSample.Side(cpuNanoseconds: b, wallNanoseconds: 1, involuntarySwitches: 0))
      }
    }
    facts.append(MachineFact("pairs", String(pairs.count)))
    try folder.write(DuelRecord(machine: facts, pairs: pairs), verdict: "PASS: \(name)")
  }

  private static func withRoot(_ body: (URL) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory
      .appending(path: "daxmark-duels-\(UInt64.random(in: 0...UInt64.max))")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    try body(root)
  }

  @Test("invocations of the last hour on the same two builds and machine class count, no others")
  func which() throws {
    try Self.withRoot { root in
      try Self.write("old", in: root, ended: 10_000 - 3601)
      try Self.write("hour", in: root, ended: 10_000 - 3600)
      try Self.write("new", in: root, ended: 9_999)
      try Self.write("future", in: root, ended: 20_000)
      try Self.write("unfinished", in: root, ended: nil)
      try Self.write("shifted", in: root, ended: 9_999, isShifted: true)
      for (name, identity) in [
        ("swapped", DuelIdentity(a: "bb", b: "aa", machine: Self.machine())),
        ("other-b", DuelIdentity(a: "aa", b: "b", machine: Self.machine())),
        ("other-class", DuelIdentity(a: "aa", b: "bb", machine: Self.machine("c"))),
        ("routine", DuelIdentity(a: "aa:libc", b: "aa:auto", machine: Self.machine())),
        (
          "overridden",
          DuelIdentity(a: "aa", b: "bb", machine: Self.machine(overrides: "copy=rep-movsb"))
        ),
      ] {
        try Self.write(name, in: root, ended: 9_999, identity: identity)
      }
      try FileManager.default.createDirectory(
        at: root.appending(path: "empty"), withIntermediateDirectories: true)
      let earlier = try EarlierDuels(of: Self.identity, now: 10_000, in: root.path())
      let names = earlier.folders.map { URL(filePath: $0.path).lastPathComponent }
      #expect(names == ["hour", "new", "future"])
      #expect(earlier.folders.last?.verdict == "PASS: future")
      #expect(earlier.runs[copyCells(1)[0]]?.count == 3)
    }
  }

  @Test("runs keep their bounds and their order, the oldest first")
  func runs() throws {
    try Self.withRoot { root in
      try Self.write("b-later", in: root, ended: 9_000, ratios: [[400]])
      try Self.write("c-first", in: root, ended: 8_000, ratios: [[100, 200], [50]])
      let earlier = try EarlierDuels(of: Self.identity, now: 9_001, in: root.path())
      let runs = try #require(earlier.runs[copyCells(1)[0]])
      let ratios = runs.map { $0.map { Foundation.exp($0).rounded(toPlaces: 9) } }
      #expect(ratios == [[1, 2], [0.5], [4]])
    }
  }

  @Test("no folder of duels is no earlier duel; pairs that cannot be read are said")
  func damaged() throws {
    try Self.withRoot { root in
      #expect(
        try EarlierDuels(of: Self.identity, now: 1, in: root.path() + "/none").folders.isEmpty)
      try Self.write("cut", in: root, ended: 9_000)
      try Data("garbage".utf8).write(to: root.appending(path: "cut/pairs.csv"))
      let error = #expect(throws: Failure.self) {
        try EarlierDuels(of: Self.identity, now: 9_001, in: root.path())
      }
      #expect(error?.sentence.contains("cut/pairs.csv") == true, "\(error?.sentence ?? "")")
    }
  }

  @Test("a folder's name holds the two sides, and is never one that is taken")
  func names() throws {
    try Self.withRoot { root in
      let duels = root.appending(path: "duels").path()
      let paths = try (0..<3).map { _ in
        let folder = try DuelFolder(creatingFor: "../x y", "HEAD~1", in: duels)
        try folder.write(DuelRecord(machine: [], pairs: []), verdict: "")
        return folder.path
      }
      #expect(Set(paths).count == 3)
      #expect(paths.allSatisfy { $0.contains("Z-..-x-y-HEAD-1") }, "\(paths)")
    }
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> Double {
    let scale = Foundation.pow(10, Double(places))
    return (self * scale).rounded() / scale
  }
}
