import Plan
import Testing

/// A workload is the product of its axes.
@Suite struct ExpansionTests {
  @Test("the product runs in the order of the fields, routines innermost")
  func order() throws {
    let workload = Workload(
      .copy, routines: ["a", "b"], sizes: "2,1", durable: true, caches: [.memory, .l1],
      threads: [2, 1])
    let cells = try workload.cells(suite: "s")
    let seen = cells.map {
      "\($0.parameters.sizeBytes ?? 0) \($0.parameters.cacheState?.rawValue ?? "") "
        + "\($0.parameters.threads) \($0.routine)"
    }
    #expect(
      seen == [
        "2 memory 2 a", "2 memory 2 b", "2 memory 1 a", "2 memory 1 b",
        "2 l1 2 a", "2 l1 2 b", "2 l1 1 a", "2 l1 1 b",
        "1 memory 2 a", "1 memory 2 b", "1 memory 1 a", "1 memory 1 b",
        "1 l1 2 a", "1 l1 2 b", "1 l1 1 a", "1 l1 1 b",
      ])
    #expect(cells.allSatisfy { $0.suite == "s" && $0.parameters.durable == true })
  }

  @Test("an axis left out leaves its parameter absent")
  func absent() throws {
    let cells = try Workload(.flush, routines: ["none"]).cells(suite: "s")
    #expect(cells.count == 1)
    #expect(cells.first?.parameters == Parameters())
    #expect(try Workload(.flush, routines: []).cells(suite: "s").isEmpty)
  }

  @Test("an edge copy that leaves its block is left out, one that fills it is kept")
  func impossibleEdges() throws {
    let workload = Workload(
      .cowEdge, routines: ["auto"], positions: "0,1,4095,4096,9223372036854775807",
      lengths: "0,1,4095,4096,4097,9223372036854775807", alignments: "4096")
    let kept = try workload.cells(suite: "s").map {
      [$0.parameters.positionBytes ?? -1, $0.parameters.lengthBytes ?? -1]
    }
    #expect(kept == [[0, 1], [0, 4095], [0, 4096], [1, 1], [1, 4095], [4095, 1]])
  }

  @Test("one position axis serves several alignments")
  func alignments() throws {
    let cells = try Workload(
      .cowEdge, routines: ["auto"], positions: "1000,1048576", lengths: "512",
      alignments: "4KiB,2MiB"
    ).cells(suite: "s")
    #expect(cells.map(\.parameters.alignmentBytes) == [4096, 2 << 20, 2 << 20])
  }

  @Test("an extent larger than its range is left out")
  func extents() throws {
    let cells = try Workload(
      .dedupe, routines: ["libc"], sizes: "64KiB,1MiB", extents: "4KiB,64KiB,1MiB"
    ).cells(suite: "s")
    #expect(cells.count == 5)
    #expect(
      cells.allSatisfy { ($0.parameters.extentBytes ?? 0) <= ($0.parameters.sizeBytes ?? 0) })
  }

  @Test("a broken axis is an error of the workload", arguments: ["x", "1:*1:2", ""])
  func broken(axis: String) throws {
    let workload = Workload(.copy, routines: ["a"], sizes: axis)
    if axis.isEmpty {
      #expect(try workload.cells(suite: "s").count == 1)
    } else {
      #expect(throws: AxisError.self) { try workload.cells(suite: "s") }
    }
  }

  @Test("a suite keeps the first of two equal cells, and the families' names")
  func composed() throws {
    let small = Workload(.copy, routines: ["a", "b"], sizes: "1")
    let large = Workload(.copy, routines: ["b", "c"], sizes: "1,2")
    let suite = Suite(
      name: "both", question: "?", rounds: 1, of: [("copy", [small, large]), ("other", [small])])
    let cells = try suite.cells()
    #expect(
      cells.map { "\($0.suite) \($0.routine) \($0.parameters.sizeBytes ?? 0)" } == [
        "copy a 1", "copy b 1", "copy c 1", "copy b 2", "copy c 2", "other a 1", "other b 1",
      ])
    let family = Suite(name: "copy", question: "?", rounds: 1, workloads: [small])
    #expect(try family.cells().allSatisfy { $0.suite == "copy" })
  }
}
