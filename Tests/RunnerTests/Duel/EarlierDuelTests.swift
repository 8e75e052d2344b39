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
    isShifted: Bool = false, isChanged: Bool = false, ratios: [[Int]] = [[103]]
  ) throws {
    var folder = try DuelFolder(planning: root.appending(path: name).path())
    var facts = identity.facts + identity.settings
    if let ended { facts.append(MachineFact("duel_ended_unix", String(ended))) }
    facts.append(MachineFact("executable_changed", isChanged ? "1" : "0"))
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
      try Self.write("changed", in: root, ended: 9_999, isChanged: true)
      try Self.write("no-pairs", in: root, ended: 9_999, ratios: [])
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

  @Test("an end that is no time does not count, and ends nothing")
  func nonsense() throws {
    try Self.withRoot { root in
      for ended in [Int.min, -1, .max] {
        try Self.write("at\(ended)", in: root, ended: ended)
        for now in [Int.min, -1, 0, 10_000, .max] {
          _ = try EarlierDuels(of: Self.identity, now: now, in: root.path())
        }
      }
      let earlier = try EarlierDuels(of: Self.identity, now: 10_000, in: root.path())
      #expect(earlier.folders.map { $0.path.hasSuffix("at\(Int.max)") } == [true])
    }
  }

  @Test("a folder that was made has files; one that cannot be written leaves nothing")
  func folders() throws {
    try Self.withRoot { root in
      let path = root.appending(path: "a/b").path()
      var folder = try DuelFolder(planning: path)
      #expect(!FileSystem.exists(root.appending(path: "a").path()))
      var twin = try DuelFolder(planningFor: "x", "y", in: path)
      var other = try DuelFolder(planningFor: "x", "y", in: path)
      for _ in 0..<2 { #expect(!FileSystem.exists(path)) }
      try folder.write(DuelRecord(machine: [], pairs: []), verdict: "")
      #expect(FileSystem.names(in: path) == ["machine.csv", "pairs.csv", "verdict.txt"])
      try twin.write(DuelRecord(machine: [], pairs: []), verdict: "one")
      try other.write(DuelRecord(machine: [], pairs: []), verdict: "two")
      #expect(twin.path != other.path && twin.verdict == "one" && other.verdict == "two")
      for bad in [path, "/proc/none", path + "/pairs.csv/x", ""] {
        #expect(throws: Failure.self) { try DuelFolder(planning: bad) }
      }
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
        var folder = try DuelFolder(planningFor: "../x y", "HEAD~1", in: duels)
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
