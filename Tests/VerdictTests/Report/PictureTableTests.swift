import Plan
import Record
import Testing

@testable import Verdict

/// The table from the bare routine to the live filesystems.
@Suite struct PictureTableTests {
  private func row(
    _ operation: Plan.Operation, _ engine: String, _ routine: String, _ time: Double,
    _ memory: MemoryKind? = nil, durable: Bool? = nil
  ) -> CellResult {
    var p = Parameters()
    p.memory = memory
    p.durable = durable
    if operation == .cowEdge {
      (p.positionBytes, p.lengthBytes, p.alignmentBytes) = (1000, 512, 4096)
      p.sourceState = .mapped
    } else {
      (p.sizeBytes, p.extentBytes, p.mismatch) = (1 << 20, 1 << 20, Mismatch.none)
      p.sourceState = engine == "model" ? .mapped : nil
    }
    if memory == nil { (p.cacheState, p.pages) = (.memory, .any) }
    var result = CellResult(
      cell: Cell(
        suite: operation.rawValue, operation: operation, engine: engine, routine: routine,
        parameters: p), status: .ok, reason: "")
    (result.cpuPerCall, result.wallPerCall) = (time, time * 2)
    return result
  }

  private var edges: [CellResult] {
    [
      row(.cowEdge, "core", "auto", 200, durable: true),
      row(.cowEdge, "core", "libc+clwb", 100, durable: true),
      row(.cowEdge, "model", "auto", 300, durable: true),
      row(.cowEdge, "model", "btrfs", 400, durable: true),
      row(.cowEdge, "live", "dsync", 90_000, .btrfs, durable: true),
      row(.cowEdge, "live", "buffered", 1500, .xfs, durable: false),
      row(.cowEdge, "live", "buffered", 2000, .btrfs, durable: false),
    ]
  }

  @Test("each row stands on the floor below it, a filesystem on the model with its personality")
  func floors() throws {
    let rows = try #require(PictureTable(cells: edges.shuffled())).pictures[0].rows
    #expect(
      rows.map(\.label).filter { !$0.hasPrefix("live") } == ["core", "model", "model btrfs"])
    #expect(rows.first?.floor == nil)
    let floors = Dictionary(uniqueKeysWithValues: rows.dropFirst().map { ($0.label, $0.floor) })
    #expect(floors["model"]??.nanoseconds == 200 && floors["model btrfs"]??.nanoseconds == 200)
    #expect(floors["live xfs, buffered"]??.label == "model")
    #expect(floors["live btrfs, buffered"]??.label == "model btrfs")
    #expect(floors["live btrfs, dsync"]??.nanoseconds == 400)
    let text = try #require(PictureTable(cells: edges)).render(options: TableOptions())
    #expect(text.contains("5.00× model\n") && text.contains("225× model btrfs\n"))
    #expect(text.contains("1.50× core\n") && text.contains("512 B at 1000 of a shared block"))
    let plain = TableOptions(unicode: false)
    #expect(try #require(PictureTable(cells: edges)).render(options: plain).allSatisfy(\.isASCII))
  }

  @Test("dedupes have one of their own; without a step there is no picture")
  func steps() throws {
    let dedupes = [
      row(.dedupe, "core", "auto", 30_000), row(.dedupe, "model", "auto", 31_000),
      row(.dedupe, "live", "fideduperange", 150_000, .xfs),
      row(.dedupe, "live", "fideduperange-cold", 950_000, .xfs),
    ]
    let both = try #require(PictureTable(cells: edges + dedupes))
    #expect(both.pictures.count == 2 && both.pictures[1].rows.count == 3)
    #expect(both.pictures[1].rows.last?.floor?.nanoseconds == 31_000)
    for engine in ["core", "model", "live"] {
      #expect(PictureTable(cells: edges.filter { $0.cell.engine != engine }) == nil)
    }
    #expect(PictureTable(cells: []) == nil)
    var failed = edges
    failed[2].status = .error
    #expect(PictureTable(cells: failed) == nil, "the model's row went wrong")
    var zero = edges
    zero[0].cpuPerCall = 0
    #expect(PictureTable(cells: zero) == nil, "no ratio to nothing")
  }
}
