import Foundation
import Plan
import Testing

@testable import Runner
@testable import daxmark

/// What a duel cannot compare: said, and never a pass where the change may have done it.
@Suite struct DuelComparableTests {
  private static func skip(_ ids: Int...) -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: ids.map {
        ("prepare \($0)", "printf 'skipped\\t\($0)\\tno memory left\\n'")
      })
  }

  private static func words(_ output: String) -> String {
    output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test("a cell that A has ready and B skips is refused, and nothing passes")
  func refused() throws {
    // Cells are 0 and 1, their references 2 and 3.
    for ids in [[0], [1], [2], [0, 1]] {
      let world = try DuelWorld()
      let bad = try world.worker(
        ids.reduce(into: [:]) { $0.merge(Self.skip($1)) { first, _ in first } })
      let good = try world.worker()
      let done = try world.duel(good, bad, ["--output", "report.json"])
      #expect(done.code == 3, "\(ids): \(done.output)\(done.errors)")
      let said = Self.words(done.output)
      #expect(said.hasPrefix("INCONCLUSIVE") && said.contains(" refused "), "\(said)")
      #expect(said.contains("B cannot run it: no memory left"), "\(said)")
      #expect(!said.contains("cells that") && !said.contains("cell that"), "\(said)")
      let data = try Data(contentsOf: URL(filePath: world.root + "/report.json"))
      let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      let rows = json["rows"] as? [[String: Any]] ?? []
      #expect(rows.count == 2)
      #expect(rows.count { $0["judgement"] as? String == "refused" } == max(1, ids.count))
      let facts = world.facts(try #require(world.duels.first))
      #expect(facts["exit_code"] == "3" && facts["duel_complete"] == "1")
      // A keeps nothing of what B refused.
      for id in ids { #expect(good.log.contains("release \(id)")) }
      #expect(try world.duel(good, bad, ["--strict"]).code == 2)
    }
  }

  @Test("a cell that A cannot run, alone or as well as B, is listed")
  func listed() throws {
    for isBoth in [false, true] {
      let world = try DuelWorld()
      let a = try world.worker(Self.skip(0))
      let done = try world.duel(a, try world.worker(isBoth ? Self.skip(0) : [:]))
      #expect(done.code == 0, "\(done.output)\(done.errors)")
      let said = Self.words(done.output)
      #expect(said.contains("1 cell that A cannot run: no memory left, the first: compare core"))
      #expect(!said.contains("refused"), "\(said)")
    }
    let world = try DuelWorld()
    let done = try world.duel(try world.worker(Self.skip(0, 1)), try world.worker())
    #expect(done.code == 3 && Self.words(done.output).contains("2 cells that A cannot run"))
  }

  @Test("a cell that only the suite of one side has is listed, as the options choose")
  func oneSided() throws {
    let gate = try DuelWorld.gate()
    var parameters = gate[0].parameters
    parameters.sizeBytes = 8192
    let renamed = Cell(
      suite: gate[0].suite, operation: .compare, engine: "core", routine: "auto",
      parameters: parameters)
    // Not a comparison, so not chosen.
    let other = copyCells(1)[0]
    for (a, b, sides) in [
      (gate + [renamed, other], gate, "only in the suite 'gate' of A"),
      (gate + [other], gate + [renamed], "only in the suite 'gate' of B"),
      ([renamed, other] + gate, [renamed] + gate, "in the suite 'gate' of A and B, and not"),
    ] {
      let world = try DuelWorld()
      let done = try world.duel(try world.worker(gate: a), try world.worker(gate: b))
      #expect(done.code == 0, "\(done.output)\(done.errors)")
      let said = Self.words(done.output)
      #expect(said.contains("1 cell \(sides)"), "\(said)")
      #expect(said.contains("the first: \(renamed.name)."), "\(said)")
      #expect(!said.contains(other.name), "\(said)")
      let narrow = try DuelWorld()
      let one = try narrow.duel(
        try narrow.worker(gate: a), try narrow.worker(gate: b),
        ["--suite", "gate", "--cells", gate[0].name])
      #expect(one.code == 0 && !one.output.contains(renamed.name), "\(one.output)")
    }
    // Out of the suite, and still there.
    let world = try DuelWorld()
    let done = try world.duel(
      try world.worker(gate: gate + [renamed]), try world.worker(gate: gate, others: [renamed]))
    #expect(done.code == 0, "\(done.output)\(done.errors)")
    #expect(Self.words(done.output).contains("1 cell only in the suite 'gate' of A"))
  }

  @Test("cells that both suites have, and builds that tell nothing, leave nothing to list")
  func alike() throws {
    let gate = try DuelWorld.gate()
    for kind in 0..<4 {
      let world = try DuelWorld()
      let a = kind == 1 ? try world.worker() : try world.worker(gate: gate)
      let b = kind == 2 ? try world.worker() : try world.worker(gate: gate)
      // One that has no suite of the name.
      if kind == 3 { try FileManager.default.removeItem(atPath: a.path + ".gate") }
      let done = try world.duel(a, b)
      #expect(done.code == 0 && !done.output.contains("the first:"), "\(done.output)")
      #expect(!done.output.contains("cannot be read"), "\(done.output)")
    }
  }

  @Test("a cell of words that went away is counted")
  func strangers() throws {
    let gate = try DuelWorld.gate()
    let line = gate[0].keyFields.joined(separator: ",")
    let gone = line.replacing("compare,compare", with: "compare,teleport")
    #expect(gone != line)
    let world = try DuelWorld()
    let done = try world.duel(
      try world.worker(gate: gate, strangers: [gone]), try world.worker(gate: gate))
    #expect(done.code == 0, "\(done.output)\(done.errors)")
    #expect(
      Self.words(done.output).contains(
        "In the suite 'gate' of A 1 cell cannot be read here, and did not duel."),
      "\(done.output)")
  }

  @Test("what is chosen and only one side has is not comparable, with a report and no folder")
  func nothingInCommon() throws {
    let gate = try DuelWorld.gate()
    var parameters = gate[0].parameters
    parameters.sizeBytes = 8192
    let renamed = Cell(
      suite: gate[0].suite, operation: .compare, engine: "core", routine: "odd",
      parameters: parameters)
    for side in DuelSide.allCases {
      for options in [["--cells", renamed.name], ["--filter", "size_bytes=8192"]] {
        let world = try DuelWorld()
        let more = try world.worker(gate: gate + [renamed])
        let less = try world.worker(gate: gate)
        let (a, b) = side == .a ? (more, less) : (less, more)
        let options = options + ["--suite", "gate", "--output", "report.xml"]
        let done = try world.duel(a, b, options)
        #expect(done.code == 3 && done.errors.isEmpty, "\(done.output)\(done.errors)")
        let said = Self.words(done.output)
        #expect(said.hasPrefix("INCONCLUSIVE") && said.contains("No cell could duel."), "\(said)")
        #expect(said.contains("1 cell only in the suite 'gate' of \(side.rawValue)"), "\(said)")
        #expect(world.names == ["report.xml"], "\(world.names)")
        #expect(try world.duel(a, b, options + ["--strict"]).code == 2)
      }
    }
    // A cell of this build that a side does not know.
    let world = try DuelWorld()
    let done = try world.duel(
      try world.worker(gate: [gate[1]]), try world.worker(gate: gate),
      ["--suite", "gate", "--cells", gate[0].name])
    #expect(done.code == 3, "\(done.output)\(done.errors)")
    #expect(Self.words(done.output).contains("1 cell only in B"), "\(done.output)")
  }

  @Test("a name or a filter that nobody has is an error, with the nearest name")
  func nobody() throws {
    let gate = try DuelWorld.gate()
    for tells in [true, false] {
      let world = try DuelWorld()
      let a = tells ? try world.worker(gate: gate) : try world.worker()
      let b = tells ? try world.worker(gate: gate) : try world.worker()
      let near = gate[0].name.replacing("auto", with: "auot")
      let done = try world.duel(a, b, ["--suite", "gate", "--cells", near])
      #expect(done.code == 64 && isOneSentence(done.errors), "\(done.errors)")
      #expect(done.errors.contains("did you mean '\(gate[0].name)'?"), "\(done.errors)")
      let none = try world.duel(a, b, ["--suite", "gate", "--filter", "size_bytes=77"])
      #expect(none.code == 64 && isOneSentence(none.errors), "\(none.errors)")
      #expect(world.names == [])
    }
  }
}
