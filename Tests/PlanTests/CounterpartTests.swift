import Plan
import Suites
import Testing

/// What a cell of the model is held against: the core row beside it, and the frozen reference.
@Suite struct CounterpartTests {
  private static func model() throws -> [Cell] {
    try #require(Catalog.suite(named: "full")).cells().filter { $0.engine == "model" }
  }

  /// A cell of the model with some of its parameters.
  private func cell(
    _ operation: Plan.Operation, _ edit: (inout Parameters) -> Void
  ) -> Cell {
    var p = Parameters()
    p.cacheState = .memory
    p.pages = .any
    edit(&p)
    return Cell(
      suite: "s", operation: operation, engine: "model", routine: "h3", parameters: p)
  }

  /// The key of a core cell in memory; `at` gives position, length and alignment.
  private func key(
    _ operation: String, _ routine: String = "auto", size: String = "", at edge: [String]? = nil,
    extent: String = "", source: String = "", durable: String, threads: Int = 1,
    mismatch: String = ""
  ) -> [String] {
    [operation, operation, "core", routine, size] + (edge ?? ["", "", ""])
      + [extent, source, durable, "memory", "", "any", "", String(threads), mismatch]
  }

  @Test("each operation is shown beside the core cell that moves the same bytes")
  func counterparts() {
    let edge: (inout Parameters) -> Void = { p in
      (p.positionBytes, p.lengthBytes, p.alignmentBytes) = (1000, 512, 4096)
      (p.sourceState, p.durable, p.threads) = (.hole, true, 2)
      (p.sizeBytes, p.extentBytes) = (4 << 30, 65536)
    }
    let place = ["1000", "512", "4096"]
    #expect(
      cell(.cowEdge, edge).coreCounterpart?.keyFields
        == key("cow-edge", at: place, source: "hole", durable: "1", threads: 2))
    let partly = cell(.zero) { p in
      edge(&p)
      (p.sizeBytes, p.sourceState) = (nil, .mapped)
    }
    #expect(
      partly.coreCounterpart?.keyFields
        == key("cow-edge", at: place, source: "mapped", durable: "1", threads: 2))
    let whole: (inout Parameters) -> Void = { p in
      (p.sizeBytes, p.sourceState, p.durable, p.threads) = (65536, .mapped, true, 2)
    }
    #expect(
      cell(.zero, whole).coreCounterpart?.keyFields
        == key("zero", size: "65536", durable: "1", threads: 2))
    for operation in [Plan.Operation.cowBlock, .unshare] {
      #expect(
        cell(operation, whole).coreCounterpart?.keyFields
          == key("copy", size: "65536", durable: "1", threads: 2))
    }
    #expect(
      cell(.writeback, whole).coreCounterpart?.keyFields
        == key("flush", "clwb", size: "65536", durable: "1", threads: 2))
    #expect(
      cell(.read, whole).coreCounterpart?.keyFields
        == key("copy", size: "65536", durable: "0", threads: 2))
    let inFile: (inout Parameters) -> Void = { p in
      (p.sizeBytes, p.lengthBytes, p.extentBytes) = (4 << 30, 4096, 1 << 20)
      p.mismatch = Mismatch.last
    }
    #expect(
      cell(.read, inFile).coreCounterpart?.keyFields == key("copy", size: "4096", durable: "0"))
    #expect(
      cell(.dedupe, inFile).coreCounterpart?.keyFields
        == key("dedupe", size: "4096", extent: "4096", durable: "", mismatch: "last"))
  }

  @Test("of faults only the copy of a shared block has a counterpart, of its page's size")
  func faults() {
    for access in FaultAccess.allCases {
      for pages in [PageRequest.base, .huge] {
        let fault = cell(.fault) { p in
          (p.access, p.pages, p.cacheState) = (access, pages, nil)
        }
        let counterpart = fault.coreCounterpart
        #expect((counterpart != nil) == (access == .sharedCow))
        if let counterpart {
          let size = pages == .base ? "4096" : "2097152"
          #expect(counterpart.keyFields == key("copy", size: size, durable: "0"))
        }
        #expect(fault.reference?.engine == "core")
      }
    }
    #expect(cell(.clone) { $0.sizeBytes = 4096 }.coreCounterpart == nil)
    #expect(cell(.clone) { $0.sizeBytes = 4096 }.reference?.routine == "frozen-copy")
  }

  @Test("cells of other engines have none, and neither have operations the model lacks")
  func none() throws {
    for cell in try #require(Catalog.suite(named: "full")).cells()
    where cell.engine != "model" && !cell.isOnFilesystem {
      #expect(cell.coreCounterpart == nil)
    }
    for operation in [Plan.Operation.copy, .compare, .flush, .floor, .clock, .reference, .roofline]
    {
      let odd = cell(operation) { $0.sizeBytes = 64 }
      #expect(odd.coreCounterpart == nil)
      #expect((odd.reference == nil) == operation.isHarness)
    }
  }

  @Test("a cell on files is shown beside the core cell of its bytes, as durable as it is")
  func files() throws {
    func live(_ operation: Plan.Operation, _ edit: (inout Parameters) -> Void) -> Cell {
      var file = cell(operation) { p in
        (p.cacheState, p.pages, p.memory) = (nil, nil, .xfs)
        edit(&p)
      }
      file.engine = "live"
      return file
    }
    for durable in [false, true] {
      let edge = live(.cowEdge) { p in
        (p.positionBytes, p.lengthBytes, p.alignmentBytes) = (1000, 512, 4096)
        (p.sourceState, p.durable) = (.mapped, durable)
      }
      let flag = durable ? "1" : "0"
      #expect(
        edge.coreCounterpart?.keyFields
          == key("cow-edge", at: ["1000", "512", "4096"], source: "mapped", durable: flag))
      let block = live(.cowBlock) { p in (p.sizeBytes, p.durable) = (4096, durable) }
      #expect(block.coreCounterpart?.keyFields == key("copy", size: "4096", durable: flag))
      for cell in [edge, block] {
        let reference = try #require(cell.reference)
        #expect(reference.engine == "live" && reference.isOnFilesystem)
        #expect(reference.routine == "frozen-call-\(cell.operation.rawValue)")
        #expect(reference.parameters == cell.parameters && reference.group == cell.group)
        #expect(cell.neighbourhood == reference.neighbourhood)
        #expect(cell.neighbourhood == cell.coreCounterpart?.neighbourhood)
      }
    }
    let unshare = live(.unshare) { $0.sizeBytes = 4096 }
    #expect(unshare.coreCounterpart?.keyFields == key("copy", size: "4096", durable: "1"))
    for (mismatch, word) in [(Mismatch.shared, "none"), (.none, "none"), (.first, "first")] {
      let dedupe = live(.dedupe) { p in
        (p.sizeBytes, p.extentBytes, p.mismatch) = (131_072, 131_072, mismatch)
      }
      #expect(
        dedupe.coreCounterpart?.keyFields
          == key("dedupe", size: "131072", extent: "131072", durable: "", mismatch: word))
    }
    let clone = live(.clone) { $0.sizeBytes = 4096 }
    #expect(clone.coreCounterpart == nil && clone.reference?.engine == "live")
    for access in FaultAccess.allCases {
      let fault = live(.fault) { p in (p.access, p.pages) = (access, .base) }
      #expect((fault.coreCounterpart != nil) == (access == .sharedCow))
      #expect(fault.reference?.engine == "live" && fault.reference?.routine == "frozen-fault")
    }
    // The same words on memory are no files.
    var memory = live(.fault) { p in (p.access, p.pages, p.memory) = (.sharedCow, .base, .memfd) }
    #expect(memory.coreCounterpart == nil && !memory.isOnFilesystem)
    memory.engine = "core"
    memory.parameters.memory = .xfs
    #expect(!memory.isOnFilesystem)
  }

  @Test("a counterpart is an ordinary core cell of its family, with the model cell's reference")
  func ordinary() throws {
    let full = Set(try #require(Catalog.suite(named: "full")).cells())
    var asked = 0
    for cell in try Self.model() {
      let reference = try #require(cell.reference)
      #expect(reference.engine == "core" && reference.operation == .reference)
      #expect(reference.parameters.threads == 1)
      guard let counterpart = cell.coreCounterpart else { continue }
      #expect(counterpart.suite == counterpart.operation.rawValue)
      #expect(counterpart.engine == "core" && counterpart.coreCounterpart == nil)
      #expect(counterpart.reference == reference)
      #expect(counterpart.neighbourhood == cell.neighbourhood)
      asked += full.contains(counterpart) ? 1 : 0
    }
    #expect(asked > 40, "families' names must match for rows to be the same")
  }

  @Test("cells of one group share one reference and one counterpart")
  func groups() throws {
    for (_, group) in Dictionary(grouping: try Self.model(), by: \.group) {
      #expect(Set(group.map(\.reference)).count == 1)
      #expect(Set(group.map(\.coreCounterpart)).count == 1)
    }
  }

  @Test("default asks about fifty cells of the model, quick a few")
  func selection() throws {
    let counts = try ["default", "quick"].map { name in
      try #require(Catalog.suite(named: name)).cells().filter { $0.engine == "model" }.count
    }
    #expect((40...50).contains(counts[0]) && (4...8).contains(counts[1]), "\(counts)")
  }
}
