import Foundation
import Plan
import Testing

@testable import Record

@Suite("Values survive their text")
struct RoundTripTests {
  @Test("random rows with nasty text decode to themselves, in all four files")
  func everyRowSurvives() throws {
    var maker = RowMaker(random: .printed("round trip"))
    for _ in 0..<60 {
      var cells: [Cell] = []
      for _ in 0..<8 {
        let cell = maker.cell()
        if !cells.contains(cell) { cells.append(cell) }
      }
      let samples = cells.flatMap { cell in
        (0..<3).map { maker.sample(cell, round: $0) }
      }
      let results = cells.map { maker.result($0) }
      let ledger = cells.map { maker.ledger($0) }
      var facts: [MachineFact] = []
      for _ in 0..<8 {
        let fact = MachineFact(maker.text(empty: false), maker.text())
        if !facts.contains(where: { $0.name == fact.name }) { facts.append(fact) }
      }
      #expect(try Sample.decode(Sample.encode(samples)) == samples)
      #expect(try CellResult.decode(CellResult.encode(results)) == results)
      #expect(try LedgerEntry.decode(LedgerEntry.encode(ledger)) == ledger)
      #expect(try MachineFact.decode(MachineFact.encode(facts)) == facts)
    }
  }

  @Test("cells whose key fields join to the same digits stay apart")
  func keysDoNotRunTogether() throws {
    var near = goldenRun().ledger[0]
    near.cell.parameters.sizeBytes = 40_961
    near.cell.parameters.positionBytes = 2
    var far = near
    far.cell.parameters.sizeBytes = 4_096
    far.cell.parameters.positionBytes = 12
    #expect(try LedgerEntry.decode(LedgerEntry.encode([near, far])) == [near, far])
  }

  @Test("a run survives as its four files")
  func runSurvives() throws {
    let run = goldenRun()
    let read = try RunRecord { run.encoded($0) }
    #expect(read == run)
  }

  @Test("a file with a header alone holds no rows", arguments: RecordFile.ofRun)
  func emptyFile(_ file: RecordFile) throws {
    let empty = RunRecord(machine: [], samples: [], cells: [], ledger: [])
    let text = String(decoding: empty.encoded(file), as: UTF8.self)
    #expect(text == file.columns.joined(separator: ",") + "\n")
    #expect(try RunRecord { empty.encoded($0) } == empty)
  }

  @Test("columns may stand in any order, with unknown ones between them, and fields be quoted")
  func columnsInAnyOrder() throws {
    let run = goldenRun()
    var random = SeededGenerator.printed("column order")
    for file in RecordFile.ofRun {
      // Every field quoted by the test's own, naive writer.
      let rows = fields(of: run.encoded(file))
      var order = Array(rows[0].indices) + [-1]
      order.shuffle(using: &random)
      let text = rows.enumerated().map { number, row in
        order.map { place in
          let field = place >= 0 ? row[place] : number == 0 ? "colour" : "green, \"dark\""
          return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
        }.joined(separator: ",") + "\n"
      }.joined()
      let read = try RunRecord { $0 == file ? Array(text.utf8) : run.encoded($0) }
      #expect(read == run)
    }
  }

  /// A naive CSV reader, as an oracle for what the writer means.
  private func fields(of bytes: [UInt8]) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var quoted = false
    for byte in bytes {
      switch (byte, quoted) {
      case (CSV.quote, _):
        // Two quotes in a row toggle twice; the second one of a pair is kept.
        if !quoted, !field.isEmpty { field.append(byte) }
        quoted.toggle()
      case (CSV.comma, false), (CSV.lineFeed, false):
        row.append(String(decoding: field, as: UTF8.self))
        field = []
        if byte == CSV.lineFeed {
          rows.append(row)
          row = []
        }
      default: field.append(byte)
      }
    }
    return rows
  }
}
