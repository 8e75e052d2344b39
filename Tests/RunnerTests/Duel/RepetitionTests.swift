import Plan
import Testing

@testable import Runner

/// The exact fraction that the self-test injects.
@Suite struct RepetitionTests {
  @Test("over any batches the repeated calls are the whole of the exact fraction")
  func carry() throws {
    var random = printedGenerator("repetition")
    for _ in 0..<500 {
      let permille = Int.random(in: 0...1000, using: &random)
      var repetition = Repetition(permille: permille)
      var (calls, extra) = (0, 0)
      for _ in 0..<Int.random(in: 1...60, using: &random) {
        let batch = Int.random(in: 1...5000, using: &random)
        calls += batch
        let more = repetition.extraCalls(for: batch)
        extra += try #require(more)
        // Less than one call is owed at any time.
        #expect(extra == calls * permille / 1000)
      }
    }
  }

  @Test("counts that no batch has are refused, and do not trap", arguments: [1, 30, 1000])
  func absurd(permille: Int) throws {
    var repetition = Repetition(permille: permille)
    let (beyond, most) = (repetition.extraCalls(for: .max), repetition.extraCalls(for: 1 << 40))
    #expect(beyond == nil && most == (1 << 40) * permille / 1000)
  }

  @Test("the chosen count lets every single batch repeat the exact fraction, on each thread")
  func wholeCalls() throws {
    var random = printedGenerator("repetition counts")
    for _ in 0..<2000 {
      let permille = Int.random(in: 1...500, using: &random)
      let threads = Int.random(in: 1...4, using: &random)
      let calibrated = Int.random(in: 1...200_000, using: &random)
      let calls = Repetition.calls(near: calibrated, permille: permille, threads: threads)
      #expect(calls > 0 && calls % threads == 0)
      #expect(calls / threads * permille % 1000 == 0)
      // Where the calibrated count is a limit and large enough, the repeated calls fit below it.
      if calibrated > 2000 * threads { #expect(calls + calls * permille / 1000 <= calibrated) }
    }
    #expect(Repetition.calls(near: 4096, permille: 30, threads: 1) == 3900)
    #expect(Repetition.calls(near: 7, permille: 50, threads: 1) == 20)
    #expect(Repetition.calls(near: 7, permille: 0, threads: 3) == 7)
    #expect(Repetition.calls(near: .max, permille: 10, threads: 1) > 1 << 39)
  }

  @Test("a repeating cell makes the calls, and reports those it was asked for")
  func cell() throws {
    let inner = CountingCell(limit: 1000)
    let cell = RepeatingCell(inner, permille: 30)
    #expect(try cell.batch(calls: 100).calls == 100)
    #expect(inner.made == [103])
    for _ in 0..<10 { #expect(try cell.batch(calls: 10).bytes == 640) }
    #expect(inner.made.dropFirst().reduce(0, +) == 103)
    #expect(throws: CellException.self) { try cell.batch(calls: 990) }
    #expect(throws: CellException.self) { try cell.batch(calls: .max) }
  }

  @Test("only cells repeat: references and the harness stay what they are")
  func references() throws {
    var context = WorkerContext(workingSet: nil, cores: [0], repeatPermille: 100)
    let cell = copyCells(1)[0].with(routine: "libc")
    let reference = try #require(cell.reference)
    let prepared = (try context.prepare(cell), try context.prepare(reference))
    #expect(prepared.0 is RepeatingCell && !(prepared.1 is RepeatingCell))
    var plain = WorkerContext(workingSet: nil, cores: [0], repeatPermille: 0)
    let alone = try plain.prepare(cell)
    #expect(!(alone is RepeatingCell))
  }
}

/// A cell that writes down the calls it makes, at most so many a batch.
private final class CountingCell: PreparedCell {
  let note = ""
  private let limit: Int
  private(set) var made: [Int] = []

  init(limit: Int) { self.limit = limit }

  func verify() {}
  func calibrate(targetNanoseconds: Int) -> Int { limit }

  func batch(calls: Int) -> BatchMeasurement {
    var batch = BatchMeasurement()
    batch.calls = min(calls, limit)
    batch.bytes = 64 * batch.calls
    made.append(batch.calls)
    return batch
  }

  func counts() -> CallCounts { CallCounts() }
}
