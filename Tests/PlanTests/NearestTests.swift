import Plan
import Testing

/// The nearest name, by an edit distance that is one.
@Suite struct NearestTests {
  @Test(
    "the distance counts insertions, deletions, substitutions and swaps",
    arguments: [
      ("", "", 0), ("a", "", 1), ("", "abc", 3), ("libc", "libc", 0), ("lbc", "libc", 1),
      ("libbc", "libc", 1), ("lixc", "libc", 1), ("ilbc", "libc", 1), ("ab", "ba", 1),
      ("kitten", "sitting", 3), ("abc", "xyz", 3), ("defualt", "default", 1), ("ca", "abc", 3),
      ("é", "e", 2),
    ])
  func distance(first: String, second: String, distance: Int) {
    #expect(Nearest.distance(first, second) == distance)
  }

  @Test("the distance is symmetric, zero for equals alone, and at most the longer length")
  func properties() {
    var generator = printedGenerator("nearest")
    func word() -> String {
      let length = Int.random(in: 0...8, using: &generator)
      return String((0..<length).map { _ in "abc".randomElement(using: &generator) ?? "a" })
    }
    for _ in 0..<400 {
      let (a, b) = (word(), word())
      let distance = Nearest.distance(a, b)
      #expect(distance == Nearest.distance(b, a))
      #expect((distance == 0) == (a == b))
      #expect(distance <= max(a.count, b.count) && distance >= abs(a.count - b.count))
    }
  }

  @Test(
    "the name meant is found, and none where none is near",
    arguments: [
      ("defualt", "default"), ("defalt", "default"), ("quik", "quick"), ("q", "quick"),
      ("cow", "cow-edge"), ("cow_edge", "cow-edge"), ("fual", "full"), ("zzzzzz", nil),
      ("", nil), ("xylophone-of-doom", nil),
    ] as [(String, String?)])
  func name(word: String, meant: String?) {
    let names = ["default", "quick", "full", "copy", "cow-edge"]
    #expect(Nearest.name(to: word, among: names) == meant)
  }

  @Test("ties go to the earlier candidate; no candidates give none")
  func ties() {
    #expect(Nearest.name(to: "bat", among: ["cat", "rat"]) == "cat")
    #expect(Nearest.name(to: "bat", among: ["rat", "cat"]) == "rat")
    #expect(Nearest.name(to: "bat", among: []) == nil)
  }
}
