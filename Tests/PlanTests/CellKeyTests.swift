import Plan
import Testing

/// A cell's key columns carry the whole cell, and nothing else reads as one.
@Suite struct CellKeyTests {
  @Test("random cells come back from their key fields")
  func roundTrip() throws {
    var generator = printedGenerator("cell key")
    for _ in 0..<2000 {
      let cell = randomCell(&generator)
      #expect(cell.keyFields.count == Cell.keyColumns.count)
      #expect(try Cell(keyFields: cell.keyFields) == cell)
    }
  }

  @Test("two different random cells have different key fields")
  func injective() {
    var generator = printedGenerator("cell key pairs")
    for _ in 0..<500 {
      let cell = randomCell(&generator)
      var other = cell
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: other.parameters.sizeBytes = cell.parameters.sizeBytes == 0 ? nil : 0
      case 1: other.parameters.durable = cell.parameters.durable == false ? nil : false
      case 2:
        other.parameters.mismatch = cell.parameters.mismatch == Mismatch.none ? nil : Mismatch.none
      case 3: other.parameters.threads = cell.parameters.threads == 1 ? 2 : 1
      case 4: other.parameters.pages = cell.parameters.pages == .any ? nil : .any
      default: other.routine += "x"
      }
      #expect(cell != other)
      #expect(cell.keyFields != other.keyFields)
    }
  }

  /// A cell that gives every column a value.
  private var fields: [String] {
    [
      "cow-edge", "cow-edge", "core", "auto", "4096", "1000", "512", "4096", "65536", "mapped",
      "1", "memory", "memfd", "4096", "fork-cow", "2", "middle",
    ]
  }

  /// For each column, texts that are no value of it.
  static let badValues: [(column: Int, values: [String])] = {
    let notNumbers = [
      "-1", "+1", "-0", "1.0", "x", " 1", "1e3", "4KiB", "٣", "9223372036854775808",
    ]
    let notWords = ["x", "L1", " l1", "0", "mapped ", "NONE"]
    return [(0, [""]), (1, ["", "Copy", "copy "]), (2, [""]), (3, [""])]
      + (4...8).map { ($0, notNumbers) } + [(9, notWords), (10, ["2", "true", "01", " 1"])]
      + [11, 12, 14, 16].map { ($0, notWords) } + [(13, ["8192", "4KiB", "04096"])]
      + [(15, notNumbers + ["", "0"])]
  }()

  @Test("each bad key column is named", arguments: badValues)
  func badColumn(column: Int, values: [String]) {
    #expect((try? Cell(keyFields: fields)) != nil)
    for value in values {
      var bad = fields
      bad[column] = value
      let error = #expect(throws: CellKeyError.self) { try Cell(keyFields: bad) }
      #expect(error?.column == Cell.keyColumns[column], "\(value)")
      #expect(error?.value == value)
    }
  }

  @Test("of several bad columns the first is named")
  func firstBadColumn() {
    for first in Cell.keyColumns.indices {
      var bad = fields
      for column in first..<Cell.keyColumns.count {
        bad[column] = CellKeyTests.badValues.first { $0.column == column }?.values.first ?? ""
      }
      let error = #expect(throws: CellKeyError.self) { try Cell(keyFields: bad) }
      #expect(error?.column == Cell.keyColumns[first])
    }
  }

  @Test("the one-line name says what the cell is")
  func name() throws {
    let cell = try Cell(keyFields: [
      "cow-edge", "cow-edge", "core", "auto", "", "1000", "512", "4096", "", "mapped", "1",
      "memory", "", "any", "", "1", "",
    ])
    let shape = "position=1000 length=512 align=4KiB source=mapped cache=memory durable"
    #expect(cell.shape == shape)
    #expect(cell.name == "cow-edge core auto " + shape)
    let bare = Cell(suite: "harness", operation: .floor, engine: "core", routine: "empty")
    #expect(bare.name == "floor core empty")
    #expect(bare.shape.isEmpty)
  }

  @Test(
    "a byte count is said exactly",
    arguments: [
      (0, "0"), (1, "1"), (1023, "1023"), (1024, "1KiB"), (1025, "1025"), (1536, "1536"),
      (1 << 20, "1MiB"), ((1 << 20) + 1024, "1025KiB"), ((1 << 30) + (1 << 20), "1025MiB"),
      (1 << 30, "1GiB"), (4 << 30, "4GiB"),
    ])
  func bytes(count: Int, text: String) throws {
    #expect(Cell.bytes(count) == text)
    #expect(try Axis.value(text[...]) == count)
  }
}
