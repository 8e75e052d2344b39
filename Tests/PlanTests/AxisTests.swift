import Plan
import Testing

/// The sweep grammar: what it means, and everything it must refuse.
@Suite struct AxisTests {
  @Test(
    "an axis means its values, in the order written",
    arguments: [
      ("64", [64]), ("0", [0]), ("007", [7]), ("1KiB", [1024]), ("2MiB", [2 << 20]),
      ("3GiB", [3 << 30]), ("64,256,4KiB", [64, 256, 4096]), ("9,3,9", [9, 3, 9]),
      ("64:*2:1KiB", [64, 128, 256, 512, 1024]), ("64:*2:1023", [64, 128, 256, 512]),
      ("1:*10:1000", [1, 10, 100, 1000]), ("1:+1:4", [1, 2, 3, 4]), ("0:+256:700", [0, 256, 512]),
      ("5:+1:5", [5]), ("5:*2:5", [5]), ("1KiB:+1KiB:3KiB", [1024, 2048, 3072]),
      ("8,16:*2:64,100", [8, 16, 32, 64, 100]), ("9223372036854775807", [Int.max]),
      ("8589934591GiB", [8_589_934_591 << 30]),
    ])
  func meaning(axis: String, values: [Int]) throws {
    #expect(try Axis.values(axis) == values)
  }

  @Test(
    "a sweep that would overflow ends at its last value",
    arguments: [
      ("4611686018427387904:*2:9223372036854775807", [1 << 62]),
      ("9223372036854775806:+1:9223372036854775807", [Int.max - 1, Int.max]),
      ("1:*9223372036854775807:9223372036854775807", [1, Int.max]),
      ("1:+9223372036854775807:9223372036854775807", [1]),
    ])
  func sweepOverflow(axis: String, values: [Int]) throws {
    #expect(try Axis.values(axis) == values)
  }

  @Test(
    "what is no axis is refused, naming the term",
    arguments: [
      ("", ""), ("64,", ""), (",64", ""), (" 64", " 64"), ("64 ", "64 "), ("-1", "-1"),
      ("+1", "+1"), ("1.5", "1.5"), ("64kib", "64kib"), ("64KB", "64KB"), ("KiB", "KiB"),
      ("٣", "٣"), ("0x10", "0x10"), ("1e3", "1e3"), ("64,x,1", "x"),
      ("9223372036854775808", "9223372036854775808"), ("8589934592GiB", "8589934592GiB"),
      ("1:2", "1:2"), ("1:*2:3:4", "1:*2:3:4"), ("1:2:8", "1:2:8"), ("1:-1:8", "1:-1:8"),
      ("1:*1:8", "1:*1:8"), ("1:*0:8", "1:*0:8"), ("0:*2:8", "0:*2:8"), ("1:+0:8", "1:+0:8"),
      ("8:+1:1", "8:+1:1"), ("8:*2:1", "8:*2:1"), ("1::8", "1::8"), ("1:*:8", "1:*:8"),
      (":+1:8", ":+1:8"), ("1:+1:", "1:+1:"), ("1:+x:8", "1:+x:8"),
    ])
  func refused(axis: String, term: String) {
    let error = #expect(throws: AxisError.self) { try Axis.values(axis) }
    #expect(error?.term == term)
    #expect(error?.description.hasPrefix("'\(term)' ") == true)
    #expect(error?.description.hasSuffix(".") == true)
  }

  @Test("a sweep may have 100 000 values and not one more, counted for each term")
  func longest() throws {
    #expect(try Axis.values("1:+1:100000").count == 100_000)
    #expect(try Axis.values("7,1:+1:100000,7").count == 100_002)
    let error = #expect(throws: AxisError.self) { try Axis.values("1:+1:100001") }
    #expect(error?.problem == "has too many values")
    #expect(throws: AxisError.self) { try Axis.values("0:+1:9223372036854775807") }
  }

  @Test("random sweeps agree with their definition")
  func randomSweeps() throws {
    var generator = printedGenerator("axis")
    for _ in 0..<500 {
      let first = Int.random(in: 1...5000, using: &generator)
      let last = first + Int.random(in: 0...100_000, using: &generator)
      let multiplies = Bool.random(using: &generator)
      let step = Int.random(in: multiplies ? 2...9 : 50...999, using: &generator)
      var expected: [Int] = []
      var value = first
      while value <= last {
        expected.append(value)
        value = multiplies ? value * step : value + step
      }
      let axis = "\(first):\(multiplies ? "*" : "+")\(step):\(last)"
      #expect(try Axis.values(axis) == expected, "\(axis)")
    }
  }

  @Test("random text never traps and never gives a negative size")
  func fuzz() {
    var generator = printedGenerator("axis fuzz")
    let letters = Array("0123456789:*+-,KMGiB xé٣\u{0}")
    for _ in 0..<3000 {
      let length = Int.random(in: 0...14, using: &generator)
      let text = String((0..<length).map { _ in letters.randomElement(using: &generator) ?? "0" })
      if let values = try? Axis.values(text) { #expect(values.allSatisfy { $0 >= 0 }, "\(text)") }
    }
  }
}
