import Foundation
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
  static var first: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    return line.flatMap { Int($0.dropFirst(18).drop { $0.isWhitespace }.prefix { $0.isNumber }) }
      ?? 0
  }
}
