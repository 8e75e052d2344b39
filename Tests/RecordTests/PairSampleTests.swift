import Plan
import Testing

@testable import Record

@Suite("Pairs survive their text")
struct PairSampleTests {
  private static func duel(_ maker: inout RowMaker) -> DuelRecord {
    var cells: [Cell] = []
    for _ in 0..<6 {
      let cell = maker.cell()
      if !cells.contains(cell) { cells.append(cell) }
    }
    let pairs = cells.flatMap { cell in
      (0..<2).flatMap { run in (0..<3).map { maker.pair(cell, run: run, pair: $0) } }
    }
    return DuelRecord(
      machine: [MachineFact("schema", "2"), MachineFact("pairs", String(pairs.count))],
      pairs: pairs)
  }

  @Test("random pairs with nasty cells decode to themselves")
  func roundTrip() throws {
    var maker = RowMaker(random: .printed("pairs"))
    for _ in 0..<60 {
      let duel = Self.duel(&maker)
      #expect(try DuelRecord { duel.encoded($0) } == duel)
    }
  }

  @Test("the columns are those of FORMAT.md, and a row is written as it always was")
  func golden() throws {
    var parameters = Parameters()
    parameters.sizeBytes = 4096
    let cell = Cell(
      suite: "copy", operation: .copy, engine: "core", routine: "libpmem:auto",
      parameters: parameters)
    func side(_ cpu: Int) -> PairSample.Side {
      PairSample.Side(cpuNanoseconds: cpu, wallNanoseconds: cpu + 9, involuntarySwitches: 1)
    }
    let pairs = [
      PairSample(
        cell: cell, run: 0, pair: 0, order: .bFirst, calls: 77, a: side(100), b: side(103),
        reference: PairSample.Reference(aCPUNanoseconds: 50, bCPUNanoseconds: 51)),
      PairSample(
        cell: cell, run: 1, pair: 0, order: .aFirst, calls: 77, a: side(100), b: side(103)),
    ]
    let key = "3,copy,copy,core,libpmem:auto,4096,,,,,,,,,,,1,,"
    let header =
      (["schema"] + Cell.keyColumns).joined(separator: ",")
      + ",run,pair,order,calls,a_cpu_ns,b_cpu_ns,a_wall_ns,b_wall_ns,a_involuntary_switches,"
      + "b_involuntary_switches,reference_a_cpu_ns,reference_b_cpu_ns\n"
    let text =
      header + key + "0,0,BA,77,100,103,109,112,1,1,50,51\n" + key
      + "1,0,AB,77,100,103,109,112,1,1,,\n"
    #expect(String(decoding: PairSample.encode(pairs), as: UTF8.self) == text)
  }

  @Test(
    "what no duel writes is refused with its place",
    arguments: [
      ("a_cpu_ns", "0", "0 is less than 1"), ("b_cpu_ns", "", "is empty"),
      ("order", "BB", "none of: AB BA"), ("calls", "0", "less than 1"),
      ("reference_a_cpu_ns", "", "both sides or on none"),
      ("reference_b_cpu_ns", "", "both sides or on none"),
      ("reference_b_cpu_ns", "0", "less than 1"), ("run", "-1", "negative"),
      ("a_wall_ns", "1e9", "not a whole number"), ("pair", "1", "repeats line 2"),
    ])
  func refused(column: String, value: String, says: String) throws {
    let cell = Cell(suite: "copy", operation: .copy, engine: "core", routine: "auto")
    let side = PairSample.Side(cpuNanoseconds: 5, wallNanoseconds: 5, involuntarySwitches: 0)
    let reference = PairSample.Reference(aCPUNanoseconds: 5, bCPUNanoseconds: 5)
    let pairs = [1, 2].map {
      PairSample(
        cell: cell, run: 0, pair: $0, order: .aFirst, calls: 1, a: side, b: side,
        reference: reference)
    }
    let text = String(decoding: PairSample.encode(pairs), as: UTF8.self)
    var lines = text.split(separator: "\n").map(String.init)
    var fields = lines[2].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    fields[try #require(RecordFile.pairs.columns.firstIndex(of: column))] = value
    lines[2] = fields.joined(separator: ",")
    let broken = Array((lines.joined(separator: "\n") + "\n").utf8)
    let error = #expect(throws: RecordError.self) { try PairSample.decode(broken) }
    #expect(error?.file == .pairs && error?.line == 3)
    #expect(error?.reason.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test("a file cut off at a line end is noticed by the count")
  func cut() throws {
    var maker = RowMaker(random: .printed("cut pairs"))
    let duel = Self.duel(&maker)
    var fewer = duel
    fewer.pairs.removeLast()
    #expect(throws: RecordError.self) {
      try DuelRecord { $0 == .pairs ? fewer.encoded($0) : duel.encoded($0) }
    }
  }
}

extension RowMaker {
  mutating func pair(_ cell: Cell, run: Int, pair: Int) -> PairSample {
    func side(_ maker: inout RowMaker) -> PairSample.Side {
      PairSample.Side(
        cpuNanoseconds: max(1, maker.count()), wallNanoseconds: maker.count(),
        involuntarySwitches: maker.count())
    }
    return PairSample(
      cell: cell, run: run, pair: pair, order: Bool.random(using: &random) ? .aFirst : .bFirst,
      calls: max(1, count()), a: side(&self), b: side(&self),
      reference: optional {
        PairSample.Reference(
          aCPUNanoseconds: max(1, $0.count()), bCPUNanoseconds: max(1, $0.count()))
      })
  }
}
