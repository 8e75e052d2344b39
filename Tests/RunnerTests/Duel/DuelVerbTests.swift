import Foundation
import Plan
import Testing

@testable import Runner
@testable import daxmark

/// `daxmark duel` from the command line, between workers in the shell whose times are known.
@Suite struct DuelVerbTests {
  @Test("a worker that is lost names its side, keeps the pairs before, and leaves nobody behind")
  func lost() throws {
    for side in DuelSide.allCases {
      let world = try DuelWorld()
      // The cells need 15 pairs each, 5 with a reference, and some batches that nobody times.
      let bad = try world.worker([
        "batch": FakeWorker.sample(after: "n=$((n+1)); [ $n -gt 35 ] && kill -9 $$")
      ])
      let good = try world.worker()
      let done = try world.duel(side == .a ? bad : good, side == .b ? bad : good)
      #expect(done.code == 1, "\(done.output)\(done.errors)")
      let sentence = "The duel ended on side \(side.rawValue) ('\(bad.path)'): "
      #expect(done.errors.hasPrefix("daxmark: " + sentence), "\(done.errors)")
      #expect(done.errors.split(separator: "\n").count == 1)
      #expect(done.output.hasPrefix("ERROR: there is no verdict."), "\(done.output)")
      let duels = world.duels
      #expect(duels.count == 1)
      let facts = world.facts(try #require(duels.first))
      #expect(facts["duel_complete"] == "0" && facts["exit_code"] == "1")
      #expect((15...30).contains(facts["pairs"].flatMap { Int($0) } ?? 0), "\(facts)")
      #expect(!bad.isAlive && !good.isAlive)
    }
  }

  @Test("a worker that is lost before the first pair leaves no folder")
  func lostAtOnce() throws {
    let world = try DuelWorld()
    let done = try world.duel(
      try world.worker(), try world.worker(["batch": "exit 3"]), ["--out", "copy"])
    #expect(done.code == 1)
    #expect(isOneSentence(done.errors) && done.errors.contains("side B "), "\(done.errors)")
    #expect(world.names == [], "\(world.names)")
  }

  @Test("an executable that is changed under the duel is noticed before fresh runs and at the end")
  func changed() throws {
    for side in DuelSide.allCases {
      for isSlower in [false, true] {
        let world = try DuelWorld()
        let bad = try world.worker([
          "batch": FakeWorker.sample(
            cpu: isSlower && side == .b ? 1100 : 1000, after: "echo '#' >> \"$0\"")
        ])
        let other = try world.worker([
          "batch": FakeWorker.sample(cpu: isSlower && side == .a ? 1100 : 1000)
        ])
        let (a, b) = side == .a ? (bad, other) : (other, bad)
        let done = try world.duel(a, b)
        #expect(done.code == 1, "\(done.output)\(done.errors)")
        #expect(isOneSentence(done.errors), "\(done.errors)")
        #expect(done.errors.contains("side \(side.rawValue) ('\(bad.path)') was changed"))
        let facts = world.facts(try #require(world.duels.first))
        #expect(facts["executable_changed"] == "1")
        // No fresh run was begun with it.
        // It greets when asked for its plan, and when the first run begins.
        #expect(b.log.filter { $0.hasPrefix("hello") }.count == 2)
        #expect(!a.isAlive && !b.isAlive)
      }
    }
  }

  @Test("pairs of a changed executable are kept apart")
  func apart() throws {
    let world = try DuelWorld()
    let (a, b) = (try world.worker(), try world.worker())
    #expect(try world.duel(a, b).code == 0)
    #expect(try world.duel(a, b).output.contains("met within the hour"))
    for folder in world.duels {
      try world.rewrite("\(folder)/machine.csv") {
        $0.replacing("executable_changed,0", with: "executable_changed,1")
      }
    }
    #expect(try !world.duel(a, b).output.contains("met within the hour"))
  }

  @Test("what an invocation of the last hour found stands until the pairs of all overturn it")
  func pooled() throws {
    let world = try DuelWorld()
    let slow =
      "if [ -e \"$0.fast\" ]; then \(FakeWorker.sample()); else \(FakeWorker.sample(cpu: 1100)); fi"
    let (a, b) = (try world.worker(), try world.worker(["batch 0": slow, "batch 1": slow]))
    let first = try world.duel(a, b)
    #expect(
      first.code == 2 && first.output.hasPrefix("REGRESSED"), "\(first.output)\(first.errors)")
    // The same executable, as far as its bytes go, and now as fast as the other one.
    try Data().write(to: URL(filePath: b.path + ".fast"))
    let second = try world.duel(a, b)
    #expect(second.code == 2, "\(second.output)")
    #expect(second.output.contains("REGRESSED") && second.output.contains("met within the hour"))
    #expect(second.output.contains("regressed in an earlier run of this duel"), "\(second.output)")
    #expect(second.output.contains("pairs of 1 earlier invocation of the last hour"))
    // An hour later it is another duel.
    for folder in world.duels {
      try world.rewrite("\(folder)/machine.csv") { text in
        text.split(separator: "\n").map { line in
          line.contains("duel_ended_unix") ? line.prefix { $0 != "," } + ",duel_ended_unix,1" : line
        }.joined(separator: "\n") + "\n"
      }
    }
    let third = try world.duel(a, b)
    #expect(third.code == 0 && !third.output.contains("hour"), "\(third.output)")
  }

  @Test("a side whose plan is empty, or never comes, is named")
  func plans() throws {
    for side in DuelSide.allCases {
      let world = try DuelWorld()
      let bad = try world.worker(plan: "exit 0")
      let good = try world.worker()
      let done = try world.duel(side == .a ? bad : good, side == .b ? bad : good)
      #expect(done.code == 1 && isOneSentence(done.errors), "\(done.errors)")
      #expect(done.errors.contains("side \(side.rawValue) ") && done.errors.contains("'plan'"))
      #expect(world.names == [])

      let hung = try world.worker(plan: "sleep 600; exit 0")
      var options = duelOptions(side == .a ? hung.path : good.path, good.path, patience: 300)
      if side == .b { options.b = hung.path }
      let error = #expect(throws: RunError.self) {
        try DuelKnowledge(of: side, suite: "gate", options)
      }
      let said = error?.description ?? ""
      #expect(said.contains("side \(side.rawValue) ('\(hung.path)')"), "\(said)")
      #expect(said.hasSuffix("its 'plan' gave no answer for 300 ms."), "\(said)")
      #expect(!hung.isAlive && !bad.isAlive)
      #expect(try DuelKnowledge(of: side, suite: "gate", options) { false }.cells == nil)
      #expect(!hung.isAlive)
    }
  }

  @Test("a reference that one build does not know is measured on neither")
  func unknownReference() throws {
    let gate = try DuelWorld.gate()
    let references = gate.compactMap(\.reference)
    #expect(gate.count == 2 && references.count == 2)
    for (ofA, ofB) in [(true, true), (true, false), (false, true)] {
      let world = try DuelWorld()
      let a = try world.worker(gate: gate, references: ofA ? references : [])
      let b = try world.worker(gate: gate, references: ofB ? references : [])
      let done = try world.duel(a, b)
      #expect(done.code == 0, "\(done.output) \(done.errors)")
      for worker in [a, b] {
        let prepared = Set(worker.log.filter { $0.hasPrefix("prepare") })
        #expect(prepared.count == (ofA && ofB ? 4 : 2), "\(prepared)")
      }
    }
  }

  @Test("wall time alone is advice and changes no exit code")
  func wall() throws {
    let world = try DuelWorld()
    let waits = try world.worker(["batch": FakeWorker.sample(wall: 1190)])
    let done = try world.duel(try world.worker(), waits)
    #expect(done.code == 0 && done.output.hasPrefix("PASS"), "\(done.output)")
    let words = done.output.replacing("\n", with: " ")
    #expect(words.contains("Advisory: by the wall clock 2 cells that pass"), "\(done.output)")
    #expect(words.contains("(+8.2 %)") && !words.contains("contended"), "\(done.output)")
    // The other way round there is nothing to say.
    let faster = try world.duel(waits, try world.worker())
    #expect(faster.code == 0 && !faster.output.contains("wall"), "\(faster.output)")
  }

  @Test("contended: wall time over 1.2 of the CPU time in more than a fifth of the batches")
  func contended() throws {
    for (every, isSaid) in [(1, true), (8, false)] {
      let world = try DuelWorld()
      let sample = FakeWorker.sample(wall: 1201)
      let plain = FakeWorker.sample(wall: 1200)
      let bad = try world.worker([
        "batch": "n=$((n+1)); if [ $((n % \(every))) = 0 ]; then \(sample); else \(plain); fi"
      ])
      let good = try world.worker(["batch": plain])
      let done = try world.duel(bad, good)
      #expect(done.code == 0, "\(done.output)\(done.errors)")
      #expect(done.output.contains("contended") == isSaid, "\(done.output)")
      let facts = world.facts(try #require(world.duels.first))
      #expect(facts["contended"] == (isSaid ? "1" : "0"))
    }
  }
}
