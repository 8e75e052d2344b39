import Plan
import Suites
import Testing

@testable import Runner

/// Names of suites lead to code.
@Suite struct RegistryTests {
  @Test("every cell of every suite is known, and so is what travels with it")
  func knowsAll() throws {
    let cells = try #require(Catalog.suite(named: "full")).cells()
    var shapes: Set<[String]> = []
    for cell in cells + Companions.of(cells) {
      // Registry.knows looks at these alone; the full suite has thousands of cells.
      let durable = cell.parameters.durable.map { $0 ? "1" : "0" } ?? ""
      guard shapes.insert([cell.operation.rawValue, cell.engine, cell.routine, durable]).inserted
      else { continue }
      #expect(Registry.knows(cell), "\(cell.name)")
    }
    #expect(shapes.count > 100)
  }

  @Test("a stranger is not: routine, engine, contract or operation")
  func strangers() {
    var known = copyCells(1)[0].with(routine: "libc")
    #expect(Registry.knows(known))
    #expect(!Registry.knows(known.with(routine: "Libc")))
    #expect(!Registry.knows(known.with(routine: "")))
    #expect(!Registry.knows(known.with(routine: "libc+clwb")))
    known.engine = "model"
    #expect(!Registry.knows(known))
    known.engine = "core"
    known.operation = .flush
    #expect(!Registry.knows(known))
    known.engine = "nobody"
    known.operation = .floor
    #expect(Registry.knows(known), "the harness has one engine")
  }

  @Test("an engine's routines belong to it alone")
  func engines() {
    var cell = copyCells(1)[0].with(routine: "upstream")
    for (operation, engine, routine, isKnown) in [
      (Plan.Operation.cowEdge, "model", "upstream", true), (.cowEdge, "core", "upstream", false),
      (.cowEdge, "model", "libpmem", false), (.cowEdge, "live", "auto", false),
      (.cowBlock, "model", "h8", true), (.cowBlock, "model", "h3", false),
      (.fault, "live", "touch", true), (.fault, "model", "touch", false),
      (.fault, "model", "direct-owners", true), (.fault, "live", "direct", false),
      (.read, "model", "beside-clone", true), (.clone, "model", "auto", true),
      (.clone, "core", "auto", false), (.dedupe, "core", "libc", true),
      (.dedupe, "model", "libc", false), (.zero, "model", "auto", true),
      (.dedupe, "live", "fideduperange", true), (.clone, "live", "ficlonerange", true),
      (.clone, "live", "fideduperange", false), (.zero, "live", "fallocate", false),
    ] {
      (cell.operation, cell.engine, cell.routine) = (operation, engine, routine)
      #expect(Registry.knows(cell) == isKnown, "\(cell.name)")
    }
    #expect(Set(Registry.entries().map(\.engine)) == Set(Registry.engines))
  }

  @Test("no operation offers a routine twice, and each missing one has its reason")
  func entries() {
    var seen: Set<String> = []
    for entry in Registry.entries() {
      let durable = entry.durable.map(String.init) ?? ""
      let key = "\(entry.engine) \(entry.operation) \(durable) \(entry.name)"
      #expect(seen.insert(key).inserted, "\(entry)")
      #expect(entry.unavailable != "")
    }
    #expect(Set(Registry.routineNames()) == Set(Registry.entries().map(\.name)))
    #expect(Set(Registry.routineNames()).count == Registry.routineNames().count)
  }
}
