import Plan
import Suites
import Testing

/// A filter keeps what all its terms allow, and says what it does not understand.
@Suite struct FilterTests {
  private let cells = [
    copyCell("auto", size: 64), copyCell("libc", size: 4096), copyCell("avx2-nt", size: 4096),
    Cell(suite: "flush", operation: .flush, engine: "core", routine: "none"),
  ]

  @Test(
    "terms choose by column and value; all must hold",
    arguments: [
      ([], [0, 1, 2, 3]), (["routine=libc"], [1]), (["routine=libc,auto"], [0, 1]),
      (["size_bytes=4096"], [1, 2]), (["size_bytes=4KiB"], [1, 2]), (["size_bytes=04096"], [1, 2]),
      (["size_bytes=4KiB", "routine=libc"], [1]), (["size_bytes=64", "routine=libc"], []),
      (["size_bytes="], [3]), (["durable=0"], [0, 1, 2]), (["durable="], [3]),
      (["cache_state=l1"], [0, 1, 2]), (["size_bytes=64,"], [0, 3]), (["routine=Libc"], []),
      (["size_bytes=x"], []), (["threads=1"], [0, 1, 2, 3]), (["routine=a=b"], []),
    ])
  func terms(terms: [String], kept: [Int]) throws {
    var filter = Filter()
    for term in terms { try filter.add(term) }
    #expect(cells.indices.filter { filter.keeps(cells[$0]) } == kept)
  }

  @Test("a cell passes the filter made of its own fields")
  func ownFields() throws {
    for cell in try #require(Catalog.suite(named: "quick")).cells() {
      var filter = Filter()
      for (column, field) in zip(Cell.keyColumns, cell.keyFields) {
        try filter.add("\(column)=\(field)")
      }
      #expect(filter.keeps(cell))
    }
  }

  @Test(
    "an unknown column is answered with the nearest",
    arguments: [
      ("size_byte", "size_bytes"), ("sise_bytes", "size_bytes"), ("rutine", "routine"),
      ("operaton", "operation"), ("durabel", "durable"), ("cache", "cache_state"),
      ("thread", "threads"), ("mismtach", "mismatch"), ("Suite", "suite"),
    ])
  func nearest(column: String, meant: String) {
    var filter = Filter()
    let error = #expect(throws: FilterError.self) { try filter.add("\(column)=1") }
    #expect(error?.sentence == "There is no column '\(column)'; did you mean '\(meant)'?")
    #expect(error?.description == error?.sentence)
  }

  @Test("a column like no other is answered with all of them", arguments: ["", "zzzzzzzzzzzz"])
  func listed(column: String) {
    var filter = Filter()
    let error = #expect(throws: FilterError.self) { try filter.add("\(column)=1") }
    for known in Cell.keyColumns { #expect(error?.sentence.contains(known) == true) }
  }

  @Test(
    "a term without '=' is refused, and the filter stays as it was", arguments: ["", "routine"])
  func noEquals(term: String) {
    var filter = Filter()
    #expect(throws: FilterError.self) { try filter.add(term) }
    #expect(cells.allSatisfy(filter.keeps))
  }
}
