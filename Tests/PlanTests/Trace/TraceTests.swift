import Testing

@testable import Plan

/// The text of traces, and where steps come from.
@Suite struct TraceTests {
  private static let header = "daxmark-trace 1\nseed 7\npersonality xfs\nblock 4096\n"

  private func line(_ text: String) -> Int? {
    do throws(TraceError) {
      _ = try Trace(parsing: text)
      return nil
    } catch {
      return error.line
    }
  }

  @Test("a step of every verb comes back from its text, with and without a result")
  func roundTrip() throws {
    var trace = Trace(seed: .max, personality: "btrfs", blockByteCount: 512)
    let results: [TraceResult?] = [nil, .count(0), .count(17), .differs, .error(22), .error(131)]
    for (index, verb) in TraceVerb.allCases.enumerated() {
      let files = verb.operands.filter { $0 == .file }.indices.map { "f\($0)" }
      let numbers = verb.operands.filter { $0 != .file }.indices.map { $0 * 4097 - 1 }
      for shift in 0..<results.count {
        trace.steps.append(
          TraceStep(
            verb, files, numbers, expected: results[(index + shift) % results.count]))
      }
    }
    #expect(try Trace(parsing: trace.description) == trace)
  }

  @Test("comments and empty lines mean nothing")
  func comments() throws {
    let text = "# what\n\n" + Self.header + "  open a # why\n\n\tsync  a   = ok\n"
    let trace = try Trace(parsing: text)
    #expect(
      trace.steps == [TraceStep(.open, ["a"]), TraceStep(.sync, ["a"], expected: .count(0))])
    #expect(trace.seed == 7)
  }

  @Test(
    "bad input is refused with its line",
    arguments: [
      ("", 1), ("daxmark-trace 2", 1), ("daxmark-trace 1\nseed x", 2), ("trace 1", 1),
      ("daxmark-trace 1\nseed -1", 2), ("daxmark-trace 1\nseed 1 2", 2),
      ("daxmark-trace 1\nseed 1\npersonality ext4", 3),
      ("daxmark-trace 1\nseed 1\npersonality xfs\nblock 1000", 4),
      ("daxmark-trace 1\nseed 1\npersonality xfs", 3),
      (header + "open", 5), (header + "open a b", 5), (header + "fly a", 5),
      (header + "open a\nwrite a 0 1", 6), (header + "write a 0 1 x", 5),
      (header + "write a 0 +1 2", 5), (header + "write a 0 99999999999999999999 2", 5),
      (header + "open ../a", 5), (header + "open A", 5), (header + "open a =", 5),
      (header + "open a = EWHAT", 5), (header + "open a = 01", 5), (header + "open a = ok ok", 5),
      (header + "open " + String(repeating: "a", count: 33), 5),
    ])
  func refused(text: String, line: Int) { #expect(self.line(text) == line) }

  @Test("equal seeds and sizes give equal steps, other seeds others")
  func determinism() {
    func steps(_ seed: UInt64) -> [TraceStep] {
      var generator = TraceGenerator(seed: seed, isLarge: seed % 2 == 0)
      var sizes = ["a": 5000, "b": 0]
      return (0..<500).map { index in
        if index % 7 == 0 { sizes["c"] = index * 100 }
        return generator.next(sizes: sizes)
      }
    }
    #expect(steps(3) == steps(3) && steps(4) == steps(4))
    #expect(steps(3) != steps(5))
  }

  @Test("the generator makes every kind of step, around everything that matters")
  func coverage() {
    var generator = TraceGenerator(seed: 1, isLarge: true)
    let steps = (0..<20_000).map { _ in
      generator.next(sizes: ["a": 10_001, "b": 8192, "c": (2 << 20) + 1])
    }
    let verbs = Set(steps.map(\.verb))
    let wanted: Set<TraceVerb> = [
      .open, .write, .store, .load, .read, .clone, .cloneWhole, .dedupe, .zero, .punch, .truncate,
      .unshare, .copy, .direct, .sync, .drop, .map, .allocate, .zeroKeepingSize,
    ]
    #expect(verbs.isSuperset(of: wanted))
    let positions = Set(steps.filter { $0.verb == .write }.map(\.range.position))
    for edge in [0, 1, 4095, 4096, 4097, 2 << 20, (2 << 20) - 1, 10_000, 10_001, 10_002] {
      #expect(positions.contains(edge), "no write at \(edge)")
    }
    #expect(steps.allSatisfy { $0.numbers.allSatisfy { $0 >= 0 } })
    var without = TraceGenerator(seed: 1, offersUnshare: false)
    #expect(
      (0..<5000).allSatisfy { _ in
        without.next(sizes: ["a": 1, "b": 1, "c": 1]).verb != .unshare
      })
  }

  @Test("a shrunk trace still fails, and nothing can be left out of it")
  func shrinking() {
    var generator = TraceGenerator(seed: 11)
    var steps = (0..<200).map { _ in generator.next(sizes: ["a": 9000, "b": 70_000, "c": 1]) }
    steps.insert(TraceStep(.write, ["b"], [123_456, 7777, 3]), at: 60)
    steps.insert(TraceStep(.punch, ["b"], [123_000, 5000]), at: 140)
    // A defect that needs a long write behind 100000, and later a punch of the same file.
    func fails(_ steps: [TraceStep]) -> Bool {
      guard
        let first = steps.firstIndex(where: {
          $0.verb == .write && $0.range.position > 100_000 && $0.range.byteCount > 7000
        })
      else { return false }
      return steps[first...].contains { $0.verb == .punch && $0.file == steps[first].file }
    }
    var shrinker = TraceShrinker(steps, trialLimit: 5000)
    shrinker.shrink(fails)
    #expect(fails(shrinker.steps))
    #expect(shrinker.steps.count == 2)
    #expect(shrinker.steps.allSatisfy { $0.file == "a" })
    #expect(shrinker.steps[0].range.position < 103_000 && shrinker.steps[0].range.byteCount < 8193)
    #expect(shrinker.steps[1].range.position == 0)
  }

  @Test("payloads: zeros for seed 0, never a zero else; even seeds repeat by block")
  func payload() {
    #expect(TracePayload.bytes(seed: 0, position: 5, byteCount: 3) == [0, 0, 0])
    let even = TracePayload.bytes(seed: 2, position: 0, byteCount: 8192)
    let odd = TracePayload.bytes(seed: 3, position: 0, byteCount: 8192)
    #expect(even[..<4096] == even[4096...] && odd[..<4096] != odd[4096...])
    #expect(!even.contains(0) && !odd.contains(0))
    #expect(TracePayload.bytes(seed: 3, position: 100, byteCount: 50) == Array(odd[100..<150]))
  }
}
