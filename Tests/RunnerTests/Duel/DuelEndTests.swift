import Foundation
import Plan
import Testing

@testable import Runner
@testable import daxmark

/// Duels that somebody ends: nobody is left behind.
@Suite struct DuelEndTests {
  @Test("a second Ctrl-C beside a hung worker ends all at once", arguments: DuelSide.allCases)
  func secondInterrupt(side: DuelSide) throws {
    let world = try DuelWorld()
    // What it hangs in is a child of its own.
    let hung = try world.worker(["batch 1": "touch \"$0.hangs\"; sleep 600; :"])
    let good = try world.worker()
    let process = try world.start(side == .a ? hung : good, side == .b ? hung : good)
    try #require(waits { FileSystem.exists(hung.path + ".hangs") })
    kill(process.processIdentifier, SIGINT)
    usleep(200_000)
    #expect(process.isRunning)
    let started = Date()
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(-started.timeIntervalSinceNow < 30)
    #expect(waits { !hung.isRunning && !good.isRunning })
    #expect(world.duels.isEmpty)
  }

  @Test("Ctrl-C while a plan hangs ends it, and leaves no folder", arguments: DuelSide.allCases)
  func interruptedPlan(side: DuelSide) throws {
    let world = try DuelWorld()
    let hung = try world.worker(plan: "touch \"$0.hangs\"; sleep 600; :")
    let good = try world.worker()
    let process = try world.start(side == .a ? hung : good, side == .b ? hung : good)
    try #require(waits { FileSystem.exists(hung.path + ".hangs") })
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    #expect(!hung.isRunning && !good.isRunning)
    #expect(world.names == [])
  }

  @Test("Ctrl-C after some pairs keeps them; they count as an earlier invocation")
  func interrupted() throws {
    let world = try DuelWorld()
    let slow = FakeWorker.sample(after: "[ -e \"$0.go\" ] || sleep 0.02")
    let (a, b) = (try world.worker(["batch": slow]), try world.worker())
    let process = try world.start(a, b)
    try #require(waits { b.log.filter { $0.hasPrefix("batch") }.count > 8 })
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let facts = world.facts(try #require(world.duels.first))
    #expect(facts["duel_complete"] == "0" && facts["exit_code"] == "130")
    #expect(facts["pairs"].flatMap { Int($0) } ?? 0 > 3, "\(facts)")
    try Data().write(to: URL(filePath: a.path + ".go"))
    #expect(try world.duel(a, b).output.contains("met within the hour"))
  }
}

/// Waits for something that must happen; false when it has not after two minutes.
private func waits(_ condition: () -> Bool) -> Bool {
  for _ in 0..<12_000 {
    if condition() { return true }
    usleep(10_000)
  }
  return false
}
