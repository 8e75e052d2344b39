import Plan
import Testing

@testable import Record

/// One way to break a file, and what the reader must say about it.
struct Damage: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let file: RecordFile
  let line: Int?
  let column: String?
  let says: String
  /// Breaks the text of the golden run's file.
  let apply: @Sendable (String) -> String

  init(
    _ name: String, _ file: RecordFile, line: Int?, column: String?, says: String,
    _ apply: @escaping @Sendable (String) -> String
  ) {
    testDescription = name
    self.file = file
    self.line = line
    self.column = column
    self.says = says
    self.apply = apply
  }

  /// Replaces one field of one line (lines from 1; no field of that line may be quoted).
  static func field(
    _ name: String, _ file: RecordFile, line: Int, _ column: String, to value: String, says: String
  ) -> Damage {
    Damage(name, file, line: line, column: column, says: says) { text in
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      var fields = lines[line - 1].split(separator: ",", omittingEmptySubsequences: false)
        .map(String.init)
      if let place = file.columns.firstIndex(of: column) { fields[place] = value }
      lines[line - 1] = fields.joined(separator: ",")
      return lines.joined(separator: "\n")
    }
  }
}

@Suite("Bad input is named, with file, line and column")
struct BadInputTests {
  static let damages: [Damage] = [
    Damage("empty file", .cells, line: 1, column: nil, says: "empty") { _ in "" },
    Damage("no header", .ledger, line: 1, column: "schema", says: "missing from the header") {
      String($0.drop { $0 != "\n" }.dropFirst())
    },
    Damage("a blank line for a header", .machine, line: 1, column: "schema", says: "missing") {
      "\n" + $0
    },
    Damage("missing column", .samples, line: 1, column: "cpu_ns", says: "missing") {
      $0.replacing("cpu_ns,", with: "cpu,", maxReplacements: 1)
    },
    Damage("column twice", .samples, line: 1, column: "cpu_ns", says: "twice") {
      $0.replacing("wall_ns,", with: "wall_ns,cpu_ns,", maxReplacements: 1)
    },
    Damage("no last line end", .samples, line: 5, column: "reason", says: "cut off") {
      String($0.dropLast())
    },
    Damage("cut in the last line", .samples, line: 5, column: "process", says: "cut off") {
      let end = $0.split(separator: "\n").dropLast().joined(separator: "\n")
      return end + "\n" + "3,copy,reference,core,frozen-copy,4096,,,,,,,l1,,,,1,,0,0"
    },
    Damage("too few fields", .ledger, line: 2, column: "fallbacks", says: "30 of 31 fields") {
      $0.replacing("4032,1,,,,,,,\n", with: "4032,1,,,,,,\n")
    },
    Damage("too many fields", .ledger, line: 2, column: "fallbacks", says: "too many") {
      $0.replacing("4032,1,,,,,,,\n", with: "4032,1,,,,,,,,\n")
    },
    Damage("blank line", .ledger, line: 4, column: "suite", says: "1 of 31 fields") { $0 + "\n" },
    Damage("missing count", .ledger, line: 1, column: "fallbacks", says: "missing") {
      $0.replacing(",fallbacks", with: ",setbacks", maxReplacements: 1)
    },
    .field("unknown schema", .samples, line: 3, "schema", to: "4", says: "version 4 is unknown"),
    .field("schema 0", .samples, line: 3, "schema", to: "0", says: "this build reads 1 to 3"),
    Damage(
      "another version without our columns", .samples, line: 2, column: "schema",
      says: "version 4 is unknown"
    ) { _ in "schema,colour\n4,green\n" },
    .field("no schema", .cells, line: 3, "schema", to: "", says: "empty"),
    .field("NaN", .cells, line: 3, "cpu_ns_per_call", to: "nan", says: "not a finite number"),
    .field("inf", .cells, line: 3, "cpu_ns_low", to: "inf", says: "not a finite number"),
    .field("-inf", .cells, line: 3, "cpu_ns_low", to: "-inf", says: "not a finite number"),
    .field("hexadecimal", .cells, line: 3, "cpu_ns_low", to: "0x1p3", says: "not a finite"),
    .field("1e999", .cells, line: 3, "cpu_ns_high", to: "1e999", says: "too large"),
    .field("-0.5", .cells, line: 3, "reference_ratio", to: "-0.5", says: "negative"),
    .field("-0.0", .cells, line: 3, "reference_ratio", to: "-0.0", says: "negative"),
    .field("1.2.3", .cells, line: 3, "reference_ratio", to: "1.2.3", says: "not a finite number"),
    .field("flag 2", .cells, line: 3, "contended", to: "2", says: "neither 0 nor 1"),
    .field("flag true", .cells, line: 3, "contended", to: "true", says: "not a whole number"),
    .field("status", .cells, line: 3, "status", to: "fine", says: "none of: ok skipped"),
    .field("negative", .samples, line: 4, "wall_ns", to: "-7", says: "negative"),
    .field("fraction", .samples, line: 4, "wall_ns", to: "7.5", says: "not a whole number"),
    .field("plus", .samples, line: 4, "wall_ns", to: "+7", says: "not a whole number"),
    .field("space", .samples, line: 4, "wall_ns", to: " 7", says: "not a whole number"),
    .field(
      "Int.max + 1", .samples, line: 4, "bytes", to: "9223372036854775808", says: "too large"),
    .field("2^64 + 1", .samples, line: 4, "bytes", to: "18446744073709551617", says: "too large"),
    .field("no calls", .samples, line: 4, "calls", to: "0", says: "less than 1"),
    .field("empty number", .samples, line: 4, "cpu_ns", to: "", says: "empty"),
    .field("operation", .ledger, line: 2, "operation", to: "cow", says: "cannot be read"),
    .field("no engine", .ledger, line: 2, "engine", to: "", says: "empty"),
    .field("no threads", .ledger, line: 2, "threads", to: "0", says: "cannot be read"),
    .field("durable", .ledger, line: 2, "durable", to: "yes", says: "cannot be read"),
    .field("cache state", .ledger, line: 2, "cache_state", to: "l4", says: "cannot be read"),
    .field("size", .ledger, line: 2, "size_bytes", to: "-4096", says: "cannot be read"),
    .field("quote inside", .samples, line: 2, "reason", to: "a\"b", says: "inside an unquoted"),
    .field("text after quote", .samples, line: 2, "status", to: "\"ok\"x", says: "closing quote"),
    .field("carriage return", .samples, line: 2, "reason", to: "\r", says: "carriage return"),
    .field("open quote", .samples, line: 5, "status", to: "\"ok", says: "inside a quoted field"),
    .field("no name", .machine, line: 2, "name", to: "", says: "a name is needed"),
    .field("fact twice", .machine, line: 5, "name", to: "schema", says: "repeats line 2"),
    Damage("cell twice", .cells, line: 8, column: "suite", says: "repeats line 3") {
      $0 + $0.split(separator: "\n")[2] + "\n"
    },
    Damage("cell twice, spelled otherwise", .cells, line: 8, column: "suite", says: "line 3") {
      $0 + $0.split(separator: "\n")[2].replacing("4096", with: "\"04096\"") + "\n"
    },
    .field("sample twice", .samples, line: 4, "round", to: "0", says: "repeats line 3"),
    .field(
      "sample twice, spelled otherwise", .samples, line: 4, "round", to: "\"00\"",
      says: "repeats line 3"),
  ]

  @Test("a broken file is refused", arguments: damages)
  func broken(_ damage: Damage) throws {
    let run = goldenRun()
    let whole = String(decoding: run.encoded(damage.file), as: UTF8.self)
    let text = damage.apply(whole)
    #expect(text != whole, "the damage must change the text")
    let error = #expect(throws: RecordError.self) {
      try RunRecord { $0 == damage.file ? Array(text.utf8) : run.encoded($0) }
    }
    #expect(error?.file == damage.file)
    #expect(error?.line == damage.line)
    #expect(error?.column == damage.column)
    #expect(error?.reason.contains(damage.says) == true, "\(error?.reason ?? "")")
  }

  @Test("text that is not UTF-8 is refused")
  func notUTF8() {
    for byte: UInt8 in [0x80, 0xC0, 0xFF] {
      let bytes = Array("schema,name,value\n1,a,b".utf8) + [byte, CSV.lineFeed]
      let error = #expect(throws: RecordError.self) { try MachineFact.decode(bytes) }
      #expect(error?.line == 2)
      #expect(error?.column == "value")
    }
  }

  @Test("line numbers count line ends inside quotes")
  func linesInsideQuotes() {
    let text = "schema,name,value\n1,a,\"1\n2\n3\"\n1,a,x\n"
    let error = #expect(throws: RecordError.self) { try MachineFact.decode(Array(text.utf8)) }
    #expect(error?.description == "machine.csv line 5 column name: \"a\" repeats line 2")
  }

  @Test("a file cut at a line end does not fit the others")
  func cutAtLineEnd() throws {
    let run = goldenRun()
    var short = run
    short.samples.removeLast()
    #expect(throws: RecordError.self) {
      try RunRecord { $0 == .samples ? short.encoded($0) : run.encoded($0) }
    }
    short = run
    short.cells.removeFirst()
    let error = #expect(throws: RecordError.self) {
      try RunRecord { $0 == .cells ? short.encoded($0) : run.encoded($0) }
    }
    #expect(error?.file == .cells)
    #expect(error?.reason.contains("copy core auto") == true)
  }

  @Test("an error of the reader of files passes through")
  func missingFile() {
    let missing = RecordError(file: .ledger, reason: "the file is missing")
    let run = goldenRun()
    let error = #expect(throws: RecordError.self) {
      try RunRecord { file throws(RecordError) in
        if file == .ledger { throw missing }
        return run.encoded(file)
      }
    }
    #expect(error == missing)
    #expect(missing.description == "ledger.csv: the file is missing")
  }
}
