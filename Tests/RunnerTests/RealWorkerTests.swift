import Foundation
import LiveFS
import Plan
import Suites
import Testing

@testable import Runner

/// The built daxmark as a worker: one small cell of each operation, verified and timed.
@Suite(.serialized) struct RealWorkerTests {
  @Test("each operation is prepared, verified, timed and counted by a real worker")
  func eachOperation() throws {
    try #require(FileManager.default.isExecutableFile(atPath: builtDaxmark), "\(builtDaxmark)")
    let quick = try #require(Catalog.suite(named: "quick")).cells()
    var chosen: [Cell] = []
    for operation in Plan.Operation.allCases {
      let own = quick.filter { $0.operation == operation && $0.parameters.pages != .huge }
      chosen += own.prefix(1)
    }
    let cells = Companions.of(chosen) + chosen
    var options = RunOptions(executable: builtDaxmark, core: 0, rounds: 1, processes: 1, seed: 7)
    options.core = CPUSet.first
    options.batchNanoseconds = 100_000
    var coordinator = try Coordinator(cells: cells, options: options)
    let outcome = try coordinator.run { _ in true }
    #expect(outcome.isComplete)
    for (cell, exception) in outcome.exceptions where exception.status == .error {
      Issue.record("\(cell.name): \(exception.reason)")
    }
    let measured = Set(outcome.samples.map(\.cell))
    #expect(measured.union(outcome.exceptions.keys) == Set(cells))
    #expect(Set(measured.map(\.operation)).isSuperset(of: [.copy, .compare, .cowEdge, .floor]))
    for sample in outcome.samples {
      #expect(sample.calls > 0 && sample.wallNanoseconds > 0, "\(sample.cell.name)")
      let isEmpty = [.floor, .clock].contains(sample.cell.operation)
      #expect(isEmpty == (sample.bytes == 0), "\(sample.cell.name)")
    }
    let lost = outcome.exceptions.keys.filter { !$0.operation.isHarness }
    let counted = cells.filter { !$0.operation.isHarness }
    #expect(outcome.ledger.count == counted.count - lost.count)
  }

  @Test("two threads make one cell's calls together; what one thread alone can do says so")
  func twoThreads() throws {
    let suite = try #require(Catalog.suite(named: "scaling")).cells()
    let writes = try #require(
      suite.first { $0.operation == .cowEdge && $0.parameters.threads == 2 })
    let bare = try #require(writes.coreCounterpart)
    #expect(bare.parameters.threads == 2 && bare.engine == "core")
    var compare = bare.with(routine: "auto")
    compare.operation = .compare
    compare.parameters.sizeBytes = 4096
    var variants = bare.with(routine: "libpmem")
    variants.suite = "cow-edge"
    var options = RunOptions(
      executable: builtDaxmark, core: CPUSet.first, rounds: 2, processes: 1, seed: 7)
    options.batchNanoseconds = 100_000
    let cells = [bare, compare, variants]
    var coordinator = try Coordinator(cells: cells, options: options)
    let outcome = try coordinator.run { _ in true }
    if let exception = outcome.exceptions[bare] {
      // One core, or a cache too large to leave.
      #expect(exception.status == .skipped, "\(exception.reason)")
      return
    }
    let samples = outcome.samples.filter { $0.cell == bare }
    #expect(samples.count == 2)
    for sample in samples {
      #expect(sample.calls > 0 && sample.calls % 2 == 0)
      #expect(sample.bytes == 4096 * sample.calls)
      #expect(sample.cpuNanoseconds > 0 && sample.wallNanoseconds > 0)
    }
    #expect(outcome.exceptions[compare]?.reason.contains("is for one thread") == true)
    #expect(outcome.exceptions[variants]?.reason.contains("for one thread") == true)
    // A call is a call, whatever the number of threads.
    #expect(outcome.ledger.first { $0.cell == bare }?.bytesCopied == 4096)
  }

  @Test("a wrong name is a failure of the cell, not of the worker")
  func wrongName() throws {
    let stranger = copyCells(1)[0].with(routine: "no-such")
    let known = copyCells(1)[0].with(routine: "libc")
    var options = RunOptions(
      executable: builtDaxmark, core: CPUSet.first, rounds: 1, processes: 1, seed: 7)
    options.batchNanoseconds = 100_000
    options.countsInstructions = false
    var coordinator = try Coordinator(cells: [stranger, known], options: options)
    let outcome = try coordinator.run { _ in true }
    #expect(outcome.exceptions[stranger]?.status == .error)
    #expect(outcome.exceptions[stranger]?.reason.contains("no-such") == true)
    #expect(outcome.samples.map(\.cell) == [known])
  }
}

/// The cores this process may use.
enum CPUSet {
  static var first: Int { allowedCores().first ?? 0 }
}
