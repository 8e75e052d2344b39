import Plan
import Suites
import Testing

/// What travels with every plan: floor, clocks, references and rooflines.
@Suite struct CompanionTests {
  @Test("every plan has one floor and both clocks", arguments: Catalog.suites)
  func harness(suite: Plan.Suite) throws {
    let companions = Companions.of(try suite.cells())
    #expect(companions.filter { $0.operation == .floor }.map(\.routine) == ["empty"])
    #expect(
      companions.filter { $0.operation == .clock }.map(\.routine) == ["thread-cpu", "wall"])
    #expect(Companions.of([]).count == 3)
  }

  @Test(
    "companions come once, are of the harness or shown beside a cell, and repeat no cell",
    arguments: Catalog.suites)
  func distinct(suite: Plan.Suite) throws {
    let cells = try suite.cells()
    let companions = Companions.of(cells)
    #expect(Set(companions).count == companions.count)
    #expect(Set(companions).isDisjoint(with: cells))
    let counterparts = Set(cells.compactMap(\.coreCounterpart))
    #expect(companions.allSatisfy { $0.operation.isHarness || counterparts.contains($0) })
    #expect(counterparts.isSubset(of: cells + companions))
  }

  @Test("every cell has a reference of its shape and group in the plan", arguments: Catalog.suites)
  func references(suite: Plan.Suite) throws {
    let cells = try suite.cells()
    let companions = Set(Companions.of(cells))
    for cell in cells where !cell.operation.isHarness {
      let reference = try #require(cell.reference)
      #expect(companions.contains(reference))
      #expect(reference.reference == nil)
      #expect(reference.neighbourhood == cell.neighbourhood)
      guard cell.engine != Cell.modelEngine else {
        #expect(reference.engine == "core")
        continue
      }
      let prefix = cell.isOnFilesystem && cell.operation != .fault ? "frozen-call-" : "frozen-"
      #expect(reference.routine == prefix + cell.operation.rawValue)
      #expect(reference.parameters == cell.parameters && reference.engine == cell.engine)
      #expect(reference.group == cell.group)
    }
  }

  @Test("no reference is there that no cell refers to", arguments: Catalog.suites)
  func noStrayReference(suite: Plan.Suite) throws {
    let cells = try suite.cells()
    let wanted = Set((cells + cells.compactMap(\.coreCounterpart)).compactMap(\.reference))
    #expect(Set(Companions.of(cells).filter { $0.operation == .reference }) == wanted)
  }

  @Test("every cell's roofline is measured in the same run", arguments: Catalog.suites)
  func rooflines(suite: Plan.Suite) throws {
    let cells = try suite.cells()
    let measured = Set(cells + Companions.of(cells))
    for cell in cells {
      let roofline = Companions.roofline(of: cell)
      #expect(measured.isSuperset(of: roofline))
      #expect(roofline.isEmpty == (RooflineKind.of(cell) == nil))
      #expect(roofline.allSatisfy { $0.parameters.cacheState == cell.parameters.cacheState })
    }
  }

  @Test("the roofline suite measures exactly the rooflines that cells are held against")
  func rooflineSuite() throws {
    let suite = Set(try #require(Catalog.suite(named: "roofline")).cells())
    let all = RooflineKind.allCases.flatMap { kind in
      CacheState.allCases.flatMap { Companions.rooflineCells(kind: kind, cache: $0) }
    }
    #expect(suite == Set(all))
  }

  @Test(
    "an operation is held against the peak of its own kind of work",
    arguments: [
      (Operation.copy, RooflineKind.copy, 1.0), (.zero, .store, 1), (.flush, .store, 1),
      (.compare, .read, 2), (.dedupe, .read, 2), (.cowBlock, .copy, 1), (.unshare, .copy, 1),
      (.read, .copy, 1), (.writeback, .store, 1),
    ])
  func kinds(operation: Plan.Operation, kind: RooflineKind, factor: Double) {
    let peak = RooflineKind.of(
      Cell(suite: "s", operation: operation, engine: "core", routine: "auto"))
    #expect(peak?.kind == kind)
    #expect(peak?.factor == factor)
  }

  @Test("an edge copy of a hole only stores; faults and the harness have no peak")
  func edges() {
    var edge = Cell(suite: "cow-edge", operation: .cowEdge, engine: "core", routine: "auto")
    for state in SourceState.allCases {
      edge.parameters.sourceState = state
      #expect(RooflineKind.of(edge)?.kind == (state == .mapped ? .copy : .store))
    }
    for operation in [Operation.fault, .clone, .floor, .clock, .reference, .roofline] {
      let cell = Cell(suite: "s", operation: operation, engine: "core", routine: "r")
      #expect(RooflineKind.of(cell) == nil)
    }
  }
}
