import Foundation
import Plan
import Suites
import Testing

/// The suites that ship, and the plans they make.
@Suite struct SuiteTests {
  @Test("every suite expands, and each of its cells appears once", arguments: Catalog.suites)
  func expands(suite: Plan.Suite) throws {
    let cells = try suite.cells()
    #expect(!cells.isEmpty)
    #expect(Set(cells).count == cells.count)
    #expect(Set(cells.map(\.keyFields)).count == cells.count)
    #expect(suite.rounds > 0)
    #expect(suite.question.hasSuffix("?") || suite.question.hasSuffix("."))
  }

  @Test("no workload of a suite expands to nothing", arguments: Catalog.suites)
  func noDeadWorkload(suite: Plan.Suite) throws {
    for (family, workload) in suite.workloads {
      #expect(try !workload.cells(suite: family).isEmpty, "\(family) \(workload)")
    }
  }

  @Test("the names of suites are different, and lead back to them")
  func names() {
    #expect(Set(Catalog.suites.map(\.name)).count == Catalog.suites.count)
    for suite in Catalog.suites { #expect(Catalog.suite(named: suite.name)?.name == suite.name) }
    #expect(Catalog.suite(named: "Default") == nil)
    #expect(Catalog.suite(named: "") == nil)
  }

  @Test("the full suite holds every cell of every other")
  func full() throws {
    let all = Set(try #require(Catalog.suite(named: "full")).cells())
    for suite in Catalog.suites {
      for cell in try suite.cells() where !all.contains(cell) {
        Issue.record("\(suite.name): \(cell.name) is not in full")
      }
    }
  }

  @Test("the cells of a family carry its name, so that rows of all suites match")
  func families() throws {
    let names = Set(Catalog.suites.map(\.name))
    for suite in Catalog.suites {
      let families = Set(try suite.cells().map(\.suite))
      #expect(families.isSubset(of: names))
      if suite.workloads.allSatisfy({ $0.family == suite.name }) {
        #expect(families == [suite.name])
      }
    }
  }

  @Test("default and quick touch every operation one can ask for", arguments: ["default", "quick"])
  func coverage(name: String) throws {
    let cells = try #require(Catalog.suite(named: name)).cells()
    let asked = Set(Operation.allCases.filter { !$0.isHarness })
    #expect(Set(cells.map(\.operation)) == asked)
  }

  @Test("the expanded plan is the stored one", arguments: ["default", "quick", "gate", "picture"])
  func golden(name: String) throws {
    let cells = try #require(Catalog.suite(named: name)).cells()
    let rows = [Cell.keyColumns] + cells.map(\.keyFields)
    let text = rows.map { $0.joined(separator: ",") + "\n" }.joined()
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/plan-\(name).csv")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let stored = try String(contentsOf: file, encoding: .utf8)
    let changes = text.split(separator: "\n").difference(from: stored.split(separator: "\n"))
    let lines = changes.map { change in
      switch change {
      case .insert(_, let line, _): "+ \(line)"
      case .remove(_, let line, _): "- \(line)"
      }
    }
    #expect(text == stored, "\(lines.joined(separator: "\n")) (UPDATE_GOLDEN=1 rewrites)")
  }
}
