import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

/// What the rules about dedupe let pass, and what they do not.
@Suite("Conformance rules of dedupe")
struct DedupeRuleTests {
  /// Runs a trace with a model that may answer a dedupe of its own, against the page cache's way,
  /// where holes are zeros and the bytes asked for are reported.
  private func outcome(
    _ lines: String, model answer: TraceResult? = nil
  ) throws -> (kind: TraceDifference.Kind?, use: [DifferenceRule: Int]) {
    let model = try ChangedExecutor { step, model in
      guard step.verb == .dedupe, let answer else { return model.run(step) }
      return StepOutcome(answer)
    }
    let live = try ChangedExecutor { step, model in
      guard step.verb == .dedupe else { return model.run(step) }
      if model.run(step).result == .differs { model.force(step) }
      return StepOutcome(.count(step.range.byteCount))
    }
    var comparison = Comparison(model: model, live: live)
    let difference = comparison.run(try Trace(lines: lines).steps)
    return (difference?.kind, comparison.use.counts)
  }

  @Test("a hole against zeros passes, on either side, written or reserved")
  func holes() throws {
    let files = "open a\nopen b\ntruncate a 16384\n"
    for other in ["write b 0 16384 0\n", "allocate b 0 16384\n"] {
      for order in ["dedupe a 0 16384 b 0\n", "dedupe b 0 16384 a 0\n"] {
        let found = try outcome(files + other + order + "map\n")
        #expect(found.kind == nil && found.use == [.dedupeHoleAgainstZeros: 1], "\(other)\(order)")
      }
    }
    // One hole among data is enough.
    let mixed = "open a\nopen b\nwrite a 0 8192 0\nwrite b 0 8192 0\npunch b 4096 4096\n"
    #expect(try outcome(mixed + "dedupe a 0 8192 b 0\n").use == [.dedupeHoleAgainstZeros: 1])
  }

  @Test(
    "a model that says 'differs' of equal bytes fails, unless just one side has a hole there",
    arguments: [
      // Data.
      "write a 0 16384 2\nwrite b 0 16384 2\n",
      // Zeros, written and reserved.
      "write a 0 16384 0\nwrite b 0 16384 0\n",
      "write a 0 16384 0\nallocate b 0 16384\n",
      // Holes at the same places.
      "write a 0 16384 2\nwrite b 0 16384 2\npunch a 4096 4096\npunch b 4096 4096\n",
      // A hole on one side, outside of what is compared.
      "write a 0 20480 2\nwrite b 0 20480 2\npunch a 16384 4096\n",
    ])
  func falseDifference(content: String) throws {
    let lines = "open a\nopen b\n" + content + "dedupe a 0 16384 b 0\n"
    let found = try outcome(lines, model: .differs)
    #expect(found.kind == .result && found.use.isEmpty)
  }

  @Test("a hole against other bytes than zeros never passes")
  func otherBytes() throws {
    let lines = "open a\nopen b\nwrite a 0 8192 2\ntruncate b 8192\ndedupe a 0 8192 b 0\n"
    #expect(try outcome(lines).kind == .result)
  }

  @Test("fewer bytes than were asked for pass as whole blocks, and as no other number")
  func fewer() throws {
    let files = "open a\nopen b\nwrite a 0 10000 2\nwrite b 0 20000 2\n"
    let found = try outcome(files + "dedupe a 0 10000 b 0\nmap\n")
    #expect(found.kind == nil && found.use == [.dedupeReportsRequest: 1])
    let short = try outcome(files + "dedupe a 0 10000 b 0\n", model: .count(4096))
    #expect(short.kind == .result)
    // Whole blocks are not shortened.
    let whole = try outcome(files + "dedupe a 0 8192 b 0\n", model: .count(4096))
    #expect(whole.kind == .result)
  }
}
