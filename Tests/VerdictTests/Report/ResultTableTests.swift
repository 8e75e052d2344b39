import Plan
import Record
import Testing

@testable import Verdict

@Suite struct ResultTableTests {
  /// The rendered lines of some rows.
  private func lines(
    _ cells: [CellResult], baseline: [CellResult]? = nil, width: Int = 100, unicode: Bool = true
  ) -> [String] {
    let options = TableOptions(width: width, unicode: unicode)
    let text = ResultTable(cells: cells, baseline: baseline, options: options).render()
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("no line is wider than the terminal, whatever the run", arguments: UInt64(1)...15)
  func width(seed: UInt64) {
    let run = RandomRun(seed: seed)
    for width in [20, 21, 33, 47, 60, 80, 100, 132] {
      for line in lines(run.cells, baseline: run.baseline, width: width) {
        #expect(line.count <= width, "seed \(seed), width \(width): \(line)")
      }
    }
  }

  @Test("colour adds nothing but escapes, and those end on their line", arguments: UInt64(1)...10)
  func color(seed: UInt64) {
    let run = RandomRun(seed: seed)
    func text(_ color: Bool) -> String {
      let options = TableOptions(width: 72, color: color)
      return ResultTable(cells: run.cells, baseline: run.baseline, options: options).render()
    }
    let escape = /\u{1B}\[[0-9;]*m/
    #expect(text(true).replacing(escape, with: "") == text(false), "seed \(seed)")
    for line in text(true).split(separator: "\n") where line.contains("\u{1B}") {
      #expect(line.hasSuffix("\u{1B}[0m"))
    }
    #expect(!text(false).contains("\u{1B}"))
  }

  @Test("without unicode the report is ASCII, line for line as wide", arguments: UInt64(1)...10)
  func ascii(seed: UInt64) {
    let run = RandomRun(seed: seed)
    let plain = lines(run.cells, baseline: run.baseline, unicode: false)
    let rich = lines(run.cells, baseline: run.baseline)
    #expect(plain.allSatisfy { line in line.allSatisfy { $0.isASCII } })
    #expect(plain.map(\.count) == rich.map(\.count))
  }

  @Test("every measured cell stands on exactly one line", arguments: UInt64(1)...20)
  func completeness(seed: UInt64) {
    var run = RandomRun(seed: seed)
    // A time of its own makes each cell recognisable.
    var expected: [String] = []
    for index in run.cells.indices where run.cells[index].status == .ok {
      let time = Double(1000 + index)
      run.cells[index].cpuPerCall = time
      run.cells[index].cpuLow = time
      run.cells[index].cpuHigh = time
      if !run.cells[index].cell.operation.isHarness { expected.append("\(1000 + index) ns") }
    }
    let text = lines(run.cells, width: 0)
    for time in expected {
      #expect(
        text.filter { $0.contains(" \(time) ") || $0.hasSuffix(" \(time)") }.count == 1, "\(time)")
    }
  }

  @Test(
    "the star is at the fastest measured routine and ties overlap it", arguments: UInt64(1)...20)
  func marks(seed: UInt64) {
    let run = RandomRun(seed: seed)
    let groups = ResultTable.Group.all(of: run.cells)
    for group in groups {
      let contenders = group.rows.filter {
        $0.status == .ok && !($0.cell.operation == .flush && $0.cell.routine == "none")
      }
      let stars = group.rows.filter { group.mark(of: $0) == .best }
      guard contenders.count > 1, group.key.engine != "model" else {
        #expect(stars.isEmpty)
        continue
      }
      #expect(stars.count == 1)
      let least = contenders.compactMap(\.cpuPerCall).min()
      #expect(stars.first?.cpuPerCall == least)
      for row in group.rows where group.mark(of: row) == .tied {
        let (low, high) = (row.cpuLow ?? 0, row.cpuHigh ?? 0)
        #expect(low <= stars[0].cpuHigh ?? 0 && stars[0].cpuLow ?? 0 <= high)
      }
    }
    let stars = lines(run.cells, width: 0).filter { $0.hasPrefix(" ★") }.count
    #expect(stars == groups.filter(\.isContest).count)
  }

  @Test("each reason of a skip is told once, with every routine it hit", arguments: UInt64(1)...20)
  func skips(seed: UInt64) {
    let run = RandomRun(seed: seed)
    let text = lines(run.cells, width: 0)
    let skipped = run.cells.filter { $0.status == .skipped }
    for reason in Set(skipped.map(\.reason)) {
      let told = text.filter { $0.contains(reason + ": ") }
      #expect(told.count == 1)
      for row in skipped where row.reason == reason {
        #expect(told.first?.contains(row.cell.routine) == true, "\(row.cell.name)")
        #expect(told.first?.contains(row.cell.operation.rawValue) == true)
      }
    }
    #expect(text.contains { $0.hasPrefix("skipped ") } == !skipped.isEmpty)
  }

  @Test("invalid and failed rows keep their reason in full", arguments: UInt64(1)...20)
  func failures(seed: UInt64) {
    let run = RandomRun(seed: seed)
    let text = lines(run.cells, width: 0)
    for row in run.cells where row.status == .invalid || row.status == .error {
      let told = "\(row.status.rawValue): \(row.reason)"
      #expect(text.contains { $0.hasSuffix(told) }, "\(row.cell.name)")
    }
  }

  @Test("what two threads get done stands above the rows, by both clocks")
  func scaling() {
    /// Wall and CPU nanoseconds of a call, of one thread and of two.
    func rows(
      _ engine: String, _ times: [(wall: Double, cpu: Double)], bytes: Int = 512,
      _ operation: Plan.Operation = .cowEdge
    ) -> [CellResult] {
      zip([1, 2], times).map { threads, time in
        var row = SyntheticRun.row(operation, "auto", time.cpu, engine: engine) { p in
          SyntheticRun.edge(&p)
          (p.threads, p.lengthBytes) = (threads, bytes)
        }
        row.wallPerCall = time.wall
        return row
      }
    }
    let core = rows("core", [(400, 400), (320, 500)])
    let model =
      rows("model", [(600, 600), (300, 600)]) + rows("model", [(600, 600), (400, 800)], bytes: 64)
    // A reference has one thread, whatever its key says.
    let harness = rows("live", [(100, 100), (100, 100)], .reference)
    func told(_ cells: [CellResult]) -> String? {
      lines(cells, width: 0).first { $0.hasPrefix("threads ") }
    }
    #expect(told(core.prefix(1) + model.prefix(1) + harness) == nil)
    #expect(
      told(core + model + harness)
        == "threads    2 do as many times what one does (by CPU time): cow-edge core auto "
        + "1.25 (1.60), cow-edge model auto 1.50 to 2.00 (1.50 to 2.00)")
    // A row whose sibling was not measured says nothing.
    #expect(told([SyntheticRun.failed(core[0], .skipped, "no"), core[1]]) == nil)
  }

  @Test("groups that differ are named differently")
  func phrases() {
    let cells = (UInt64(1)...40).flatMap { RandomRun(seed: $0).cells }
    let groups = Set(cells.filter { !$0.cell.operation.isHarness }.map(\.cell.group))
    let names = Set(groups.map { "\($0.operation.rawValue) \($0.shapeInWords)" })
    #expect(names.count == groups.count)
  }

  @Test("a row of the model tells its file, its suite and what is shared")
  func modelPhrases() {
    var p = Parameters()
    SyntheticRun.modelEdge(&p)
    (p.sizeBytes, p.extentBytes) = (4 << 30, 64 << 10)
    var cell = Cell(
      suite: "cow-edge", operation: .cowEdge, engine: "model", routine: "auto", parameters: p)
    #expect(cell.shapeInWords.hasPrefix("model, 512 B at 1000 of a 4 KiB block, "))
    #expect(cell.shapeInWords.contains(", 4 GiB file in 64 KiB extents, mapped source,"))
    (cell.suite, cell.operation, cell.parameters) = ("fragmentation", .read, Parameters())
    (cell.parameters.sizeBytes, cell.parameters.lengthBytes) = (4 << 30, 4096)
    #expect(cell.shapeInWords == "model fragmentation, 4 KiB, 4 GiB file")
    (cell.suite, cell.operation, cell.parameters) = ("zero", .zero, Parameters())
    (cell.parameters.sizeBytes, cell.parameters.sourceState) = (4096, .mapped)
    #expect(cell.shapeInWords == "model, 4 KiB, shared")
  }

  @Test("an empty run and a run of failures render")
  func degenerate() {
    #expect(ResultTable(cells: [], baseline: [], options: TableOptions()).render() == "")
    let failed = SyntheticRun.small.map { SyntheticRun.failed($0, .error, "the worker died") }
    let text = lines(failed)
    #expect(text.filter { $0.contains("the worker died") }.count == failed.count)
  }

  @Test("times without bounds, infinite or absurd, neither trap nor widen")
  func absurd() {
    var cells = SyntheticRun.small
    let values = [Double.infinity, .nan, -1, 0, 1e300, 1e-300]
    for (index, value) in zip(cells.indices, values + values) {
      cells[index].cpuPerCall = value
      cells[index].rooflineShare = value
      cells[index].referenceRatio = value
    }
    cells[cells.count - 5].cpuLow = nil
    for line in lines(cells, baseline: SyntheticRun.small, width: 60) { #expect(line.count <= 60) }
    #expect(Conclusion.sentences(cells: cells, baseline: SyntheticRun.small).count == 3)
  }

  @Test("control codes in a reason cannot reach the terminal")
  func controlCodes() {
    let row = SyntheticRun.row(.copy, "\u{1B}[31mmine", 1, SyntheticRun.copy4K)
    let failed = SyntheticRun.failed(row, .error, "a\u{07}b\u{1B}]0;title\nsecond\u{9B}1m")
    let text = lines([failed]).joined(separator: "\n")
    #expect(
      !text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
    #expect(text.contains("second"))
  }

  @Test(
    "a change is marked only beyond both intervals and three per cent",
    arguments: [
      (1.00, 0.01, 0.0, false), (1.029, 0.001, 0.0, false), (1.04, 0.001, 0.0, true),
      (1.04, 0.03, 0.0, false), (1.04, 0.001, 0.02, false), (0.90, 0.001, 0.0, true),
      (0.96, 0.03, 0.0, false),
    ])
  func change(ratio: Double, width: Double, drift: Double, moved: Bool) throws {
    var old = SyntheticRun.row(.copy, "auto", 100, width: width, SyntheticRun.copy4K)
    old.betweenMomentDeviation = drift
    var new = old
    new.referenceRatio = ratio
    let change = try #require(new.change(since: old))
    #expect(abs(change.relative - (ratio - 1)) < 1e-12)
    #expect(change.moved == moved)
    let marked = lines([new], baseline: [old]).contains { $0.contains("% ▲") || $0.contains("% ▼") }
    #expect(marked == moved)
  }

  @Test("beside a measured core row, a row of the model says what the filesystem costs over it")
  func overCore() throws {
    func table(_ cells: [CellResult]) -> String { lines(cells).joined(separator: "\n") }
    let auto = SyntheticRun.row(.cowEdge, "auto", 200, SyntheticRun.modelEdge)
    let model = SyntheticRun.row(
      .cowEdge, "auto", 431, engine: "model", SyntheticRun.modelEdge)
    let both = try #require(model.overCore(in: [auto.cell: auto]))
    #expect(both.nanoseconds == 231 && both.ratio == 2.155)
    #expect(table([model, auto]).contains("+231 ns (2.15×)"))
    #expect(table([model, auto]).contains("over core: "))
    // The core groups come first, whatever the order of the rows.
    let text = lines([model, auto])
    let places = ["200 ns", "431 ns"].compactMap { time in
      text.firstIndex { $0.contains(" \(time) ") }
    }
    #expect(places.count == 2 && places[0] < places[1])
    #expect(text.contains { $0.contains("model, 512 B at 1000") })

    var near = auto
    near.cell.parameters.lengthBytes = 513
    for stranger in [
      SyntheticRun.failed(auto, .skipped, "no"), SyntheticRun.failed(auto, .invalid, "no"), near,
      SyntheticRun.row(.cowEdge, "kernel", 200, SyntheticRun.modelEdge),
      SyntheticRun.row(.cowEdge, "auto", 0, SyntheticRun.modelEdge),
    ] {
      #expect(model.overCore(in: [stranger.cell: stranger]) == nil)
      #expect(!table([model, stranger]).contains("over core"))
    }
    #expect(auto.overCore(in: [auto.cell: auto, model.cell: model]) == nil)
  }

  @Test(
    "what is added is told as exactly as the times are",
    arguments: [
      (100.0, 331.0, "+231 ns (3.31×)"), (131_400.0, 131_000.0, "-0.4 µs (1.00×)"),
      (200.0, 200.0, "0.0 ns (1.00×)"), (90.0, 101.0, "+11.0 ns (1.12×)"),
      (200.0, 60_000.0, "+59.8 µs (300×)"), (2_000_000.0, 1_000.0, "-1999000 ns (0.00×)"),
    ])
  func added(core: Double, model: Double, text: String) {
    let cells = [("core", core), ("model", model)].map {
      SyntheticRun.row(.cowEdge, "auto", $0.1, engine: $0.0, SyntheticRun.modelEdge)
    }
    let told = lines(cells).joined(separator: "\n")
    #expect(told.contains(" \(text)\n") || told.contains(" \(text) "), "\(told)")
  }

  @Test("profiles and designs of the model compete with nobody")
  func noContest() throws {
    let rows = ["auto", "upstream", "h3"].enumerated().map { place, routine in
      SyntheticRun.row(
        .cowEdge, routine, Double(100 * (place + 1)), engine: "model", SyntheticRun.modelEdge)
    }
    let group = try #require(ResultTable.Group.all(of: rows).first)
    #expect(!group.isContest && group.autoDistance == nil)
    #expect(group.rows.allSatisfy { group.mark(of: $0) == .none })
    let other = SyntheticRun.row(
      .cowEdge, "auto", 150, engine: "core", SyntheticRun.modelEdge)
    #expect(ResultTable.Group.all(of: rows + [other]).count == 2)
  }

  @Test("a narrow terminal keeps what the filesystem costs longer than the interval")
  func narrowOverCore() {
    let text = lines(SyntheticRun.model, width: 56).joined(separator: "\n")
    #expect(text.contains("over core") && text.contains("+231 ns (1.72×)"))
    #expect(text.contains("left out where the terminal is too narrow: [95 %]"))
  }

  @Test("a row measured against another reference is not compared")
  func otherReference() {
    let old = SyntheticRun.row(.copy, "auto", 100, SyntheticRun.copy4K)
    var new = old
    new.reference = "frozen-other"
    #expect(new.change(since: old) == nil)
    new.reference = old.reference
    new.status = .invalid
    #expect(new.change(since: old) == nil)
  }

  @Test("throughput is left blank where no bytes move")
  func throughput() {
    let zeroPage = SyntheticRun.row(.fault, "touch", 100, bytes: 4096) {
      SyntheticRun.fault(.readUntouched, &$0)
    }
    #expect(zeroPage.gigabytesPerSecond == nil)
    var threads = SyntheticRun.row(.copy, "auto", 100, bytes: 4096) { $0.threads = 2 }
    threads.wallPerCall = 50
    #expect(threads.gigabytesPerSecond == 81.92)
    #expect(SyntheticRun.row(.floor, "empty", 1, bytes: 1).gigabytesPerSecond == nil)
    let clone = SyntheticRun.row(.clone, "auto", 900, bytes: 1_048_576, engine: "model") { _ in }
    #expect(clone.gigabytesPerSecond == nil)
    for (access, moves) in [
      (FaultAccess.readMapped, false), (.readUntouched, false), (.writeMapped, false),
      (.firstWrite, true), (.sharedCow, true),
    ] {
      let fault = SyntheticRun.row(.fault, "direct", 100, bytes: 4096, engine: "model") {
        ($0.access, $0.pages) = (access, .base)
      }
      #expect((fault.gigabytesPerSecond != nil) == moves, "\(access)")
    }
  }

  @Test(
    "numbers keep three digits",
    arguments: [
      (0.0, "0.00"), (0.004, "0.00"), (0.92, "0.92"), (9.994, "9.99"), (9.996, "10.0"),
      (41.25, "41.3"), (99.96, "100"), (1234.5, "1235"), (-0.001, "0.00"), (-4.5, "-4.50"),
    ])
  func numbers(value: Double, text: String) {
    #expect(ResultTable.Number.plain(value) == text)
  }
}
