import Plan
import Record
import Testing

@testable import Verdict

@Suite("Baseline")
struct BaselineTests {
  private func runs(_ count: Int, processes: Int = 2) -> (Synthetic, [RunRecord]) {
    var world = Synthetic(seed: 21, cells: 3)
    let runs = (0..<count).map {
      world.run(started: 1_000 + 600 * $0, processes: processes, rounds: 2)
    }
    return (world, runs)
  }

  @Test("runs become moments in time order, whatever order they are given in")
  func moments() throws {
    let (world, runs) = runs(3)
    let merged = try Baseline.merge([runs[2], runs[0], runs[1]])
    #expect(merged.samples.count == runs.map(\.samples.count).reduce(0, +))
    for (moment, run) in runs.enumerated() {
      var expected = run.samples
      for index in expected.indices { expected[index].moment = moment }
      #expect(merged.samples.filter { $0.moment == moment } == expected)
    }
    #expect(merged.fact("moments") == "3")
    #expect(merged.fact("moment_times_unix") == "1000;1600;2200")
    #expect(merged.fact("moment_spacing_seconds_min") == "600")
    #expect(merged.fact("processes_per_moment") == "2")
    #expect(merged.fact("run_started_unix") == "1000")
    #expect(merged.fact("kernel") == "6.1")
    let row = try #require(merged.cells.first { $0.cell == world.cells[0] })
    #expect(row.batches == 12)
    #expect(row.betweenMomentDeviation != nil)
    #expect(try RunRecord { merged.encoded($0) } == merged)
  }

  @Test("merging step by step gives what merging at once gives")
  func associative() throws {
    let (_, runs) = runs(4)
    let atOnce = try Baseline.merge(runs)
    let steps = try Baseline.merge([
      try Baseline.merge([runs[3], runs[1]]), try Baseline.merge([runs[0]]), runs[2],
    ])
    #expect(steps.samples == atOnce.samples)
    #expect(steps.cells.map(\.referenceRatio) == atOnce.cells.map(\.referenceRatio))
    for name in ["moments", "moment_times_unix", "moment_spacing_seconds_min"] {
      #expect(steps.fact(name) == atOnce.fact(name))
    }
  }

  @Test("facts that differ keep all their values")
  func differingFacts() throws {
    let (_, runs) = runs(2)
    let merged = try Baseline.merge([runs[0], runs[1].with("kernel", "6.2")])
    #expect(merged.fact("kernel") == "6.1 | 6.2")
    #expect(
      Fingerprint.compare(baseline: merged.machine, candidate: runs[0].machine)
        == .advisory("kernel 6.1 | 6.2 → 6.1"))
  }

  @Test("what cannot be one baseline is refused in one sentence")
  func refused() {
    let (world, runs) = runs(2)
    func says(_ runs: [RunRecord]) -> String {
      do {
        _ = try Baseline.merge(runs)
        return "merged"
      } catch {
        return error.description
      }
    }
    #expect(says([]).contains("no run"))
    for name in ["class_hash", "reference_hash", "schema"] {
      #expect(says([runs[0], runs[1].with(name, "other")]).contains("differ in \(name)"))
      #expect(says([runs[0], runs[1].with(name, nil)]).contains("the fact \(name)"))
    }
    #expect(says([runs[0].with("run_started_unix", nil)]).contains("run_started_unix"))
    for time in ["soon", "", "-5", "99999999999999999999", "1;2;"] {
      #expect(says([runs[0].with("run_started_unix", time)]).contains("not a time"))
    }
    #expect(says([runs[0], runs[0]]).contains("given twice"))
    var two = runs[0]
    two.samples[0].moment = 1
    #expect(says([two]).contains("2 moments gives 1 times"))
    var a = runs[0]
    var b = runs[1]
    a.ledger = [LedgerEntry(cell: world.cells[1])]
    b.ledger = a.ledger
    a.ledger[0].bytesCopied = 64
    b.ledger[0].fences = 1
    #expect(says([a, b]) == "merged")
    b.ledger[0].bytesCopied = 65
    #expect(says([a, b]).contains("bytes_copied of \"\(world.cells[1].name)\" is 64 and 65"))
  }

  @Test("the ledger of a baseline holds every count that any run took")
  func ledgerUnion() throws {
    var (world, runs) = runs(2)
    runs[0].ledger = [LedgerEntry(cell: world.cells[0])]
    runs[1].ledger = [LedgerEntry(cell: world.cells[1]), LedgerEntry(cell: world.cells[0])]
    runs[0].ledger[0].bytesCopied = 64
    runs[1].ledger[1].fences = 1
    let merged = try Baseline.merge(runs)
    #expect(merged.ledger.map(\.cell) == [world.cells[0], world.cells[1]])
    #expect(merged.ledger[0].bytesCopied == 64 && merged.ledger[0].fences == 1)
    #expect(merged.ledger[0].counts.compactMap(\.self).count == 2)
  }

  @Test("runs of all schemas merge, and what comes of them is of this one")
  func schemas() throws {
    let (_, runs) = runs(2)
    for version in ["2", "3"] {
      let merged = try Baseline.merge([runs[0], runs[1].with("schema", version)])
      #expect(merged.fact("schema") == "3")
    }
    #expect(try Baseline.merge([runs[0]]).fact("schema") == "3")
    #expect(throws: BaselineError.self) {
      try Baseline.merge([runs[0], runs[1].with("schema", "4")])
    }
  }

  @Test("a cell that failed in one run has failed in the baseline")
  func failedOnce() throws {
    var (world, runs) = runs(3)
    let index = try #require(runs[1].cells.firstIndex { $0.cell == world.cells[2] })
    runs[1].cells[index].status = .error
    runs[1].cells[index].reason = "wrong byte"
    let merged = try Baseline.merge(runs)
    let row = try #require(merged.cells.first { $0.cell == world.cells[2] })
    #expect(row.status == .error && row.reason == "wrong byte")
  }
}

@Suite("Fingerprint")
struct FingerprintTests {
  private func compare(_ name: String, _ value: String?) -> Comparability {
    let facts = Synthetic.facts
    var changed = facts.filter { $0.name != name }
    if let value { changed.append(MachineFact(name, value)) }
    return Fingerprint.compare(baseline: facts, candidate: changed)
  }

  @Test("each fact has its consequence")
  func consequences() {
    #expect(compare("commit", "abc") == .same)
    #expect(compare("schema", "2") == .same, "its numbers mean the same")
    #expect(compare("schema", "3") == .same, "its numbers mean the same")
    #expect(compare("schema", "4") == .refused("schema 1 → 4"))
    #expect(compare("schema", "0") == .refused("schema 1 → 0"))
    #expect(compare("schema", "one") == .refused("schema 1 → one"))
    #expect(compare("schema", nil) == .refused("the fact schema is missing"))
    #expect(compare("reference_hash", "r2") == .refused("reference_hash r1 → r2"))
    #expect(compare("class_hash", "c2") == .differentClass("class_hash c1 → c2"))
    #expect(compare("class_hash", nil) == .differentClass("class_hash c1 → unknown"))
    #expect(compare("cpu_vendor", "W") == .differentClass("cpu_vendor V → W"))
    #expect(compare("isa", nil) == .differentClass("isa avx2 → unknown"))
    for name in Fingerprint.circumstances {
      guard case .advisory(let why) = compare(name, "other") else {
        Issue.record("\(name) is not advisory")
        continue
      }
      #expect(why.hasPrefix(name))
    }
    let bare = Synthetic.facts.filter { $0.name != "class_hash" }
    #expect(
      Fingerprint.compare(baseline: bare, candidate: bare)
        == .differentClass("the fact class_hash is missing"))
  }
}
