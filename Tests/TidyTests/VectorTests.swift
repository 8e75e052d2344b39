import Foundation
import Testing

/// Every vector of the specification has a test that says so.
@Suite struct VectorTests {
  @Test("every vector and hazard stands in a display name of the model's tests")
  func complete() {
    let tests = Repository.sources(["Tests/FSDAXTests"], ["swift"])
    let claimed = tests.flatMap { Vectors.displayNames(in: $0.text) }
      .reduce(into: Set<String>()) { $0.formUnion(Vectors.claimed(by: $1)) }
    #expect(!tests.isEmpty)
    let missing = Vectors.all.filter { !claimed.contains($0) }
    #expect(missing.isEmpty, "no test is named after \(missing.joined(separator: ", "))")
  }

  @Test("the table has each id once")
  func table() {
    #expect(Set(Vectors.all).count == Vectors.all.count && Vectors.all.count == 162)
    #expect(Vectors.all.first == "I-1" && Vectors.all.last == "H14")
  }

  @Test(
    "a display name claims the ids in it, ranges whole",
    arguments: [
      ("C-16, H8: a poisoned block", ["C-16", "H8"]),
      ("C-1 to C-3: the arithmetic", ["C-1", "C-2", "C-3"]),
      ("I-1...I-3", ["I-1", "I-2", "I-3"]),
      ("W-7, W-8: poison", ["W-7", "W-8"]),
      ("(H2) and H12", ["H2", "H12"]),
      // What only looks like an id, or like a range.
      ("UTF-8 and AVX-512 and IF-1", []),
      ("F1 and H-1", []),
      ("C-3 to C-1", ["C-3"]),
      ("C-1 to D-3", ["C-1"]),
      ("C-1 to a block's end", ["C-1"]),
    ])
  func claims(name: String, ids: [String]) {
    #expect(Vectors.claimed(by: name) == Set(ids))
  }

  @Test("display names are found on any line, comments and bodies are not")
  func names() {
    let at = "@"
    let text = """
      \(at)Test("C-1: one") func a() {}
      \(at)Test(
        "C-2: with a \\"quote\\"", arguments: [1])
      \(at)Suite("F-1") struct S {}
      // C-3
      \(at)Test func b() { note("C-4") }
      """
    #expect(Vectors.displayNames(in: text) == ["C-1: one", "C-2: with a \\\"quote\\\"", "F-1"])
  }
}
