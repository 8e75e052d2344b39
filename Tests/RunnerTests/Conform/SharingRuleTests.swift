import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

/// What the rules of Btrfs about blocks let pass, and what they do not.
@Suite("Conformance rules of Btrfs about blocks")
struct SharingRuleTests {
  private typealias Defect = (TraceStep, ModelExecutor) -> Void

  /// Runs a trace on two models that may do something more after each step.
  private func outcome(
    _ lines: String, model: @escaping Defect = { _, _ in }, live: @escaping Defect = { _, _ in }
  ) throws -> (kind: TraceDifference.Kind?, use: [DifferenceRule: Int]) {
    var comparison = Comparison(
      model: try ChangedExecutor(.xfs, after: model),
      live: try ChangedExecutor(.xfs, after: live), isBtrfs: true)
    let difference = comparison.run(try Trace(lines: lines).steps)
    return (difference?.kind, comparison.use.counts)
  }

  /// Writes zeros over a range of a file after steps of a verb.
  private func zeros(
    _ verb: TraceVerb, _ name: String, _ position: Int, _ byteCount: Int
  ) -> Defect {
    return { step, model in
      guard step.verb == verb, step.file == name else { return }
      _ = model.run(TraceStep(.write, [name], [position, byteCount, 0]))
    }
  }

  @Test("a model that copies what it should share fails, at the edges of the files, too")
  func copies() throws {
    let unshares: Defect = { step, model in
      guard step.verb == .cloneWhole else { return }
      model.force(TraceStep(.unshare, [step.files[1]], [0, 1 << 20]))
    }
    for size in [4096, 6000, 8192, 100] {
      let lines = "open a\nopen b\nwrite a 0 \(size) 1\nclone-whole a b\nmap\n"
      let found = try outcome(lines, model: unshares)
      #expect(found.kind == .sharing && found.use.isEmpty, "\(size)")
    }
    // The blocks in which ranges end are no licence either.
    let others = "zero c 100 50\npunch c 5000 4000\ntruncate c 3000\nread b 100 50\n"
    let lines = "open a\nopen b\nopen c\nwrite a 0 6000 1\nwrite c 0 9000 3\nclone-whole a b\n"
    let found = try outcome(lines + others + "map\n", model: unshares)
    #expect(found.kind == .sharing && found.use.isEmpty)
  }

  @Test("a truncated block may stay shared, also where a clone took it along, and then alone")
  func truncated() throws {
    let files = """
      open a
      open b
      open c
      write a 0 8192 1
      clone-whole a b
      write c 0 5000 1

      """
    // The other side shares the block of b that has the same bytes in c.
    let shares: Defect = { step, model in
      guard [.truncate, .sync].contains(step.verb) else { return }
      model.force(TraceStep(.clone, ["c", "b"], [4096, 904, 4096]))
    }
    let once = try outcome(files + "truncate b 5000\nmap\nmap\n", live: shares)
    #expect(once.kind == nil && once.use == [.truncatedKeepsShared: 1])
    // Also after a look, and when the first of them is written anew.
    let later = "open d\nclone b 4096 904 d 4096\nwrite b 4096 904 7\nmap\nmap\n"
    let twice = try outcome(files + "truncate b 5000\nmap\n" + later, live: shares)
    #expect(twice.kind == nil && twice.use == [.truncatedKeepsShared: 2])
    // Without a truncation since the last look it is a difference.
    let never = try outcome(
      files + "truncate b 5000\nmap\nsync b\nmap\n",
      live: { step, model in
        if step.verb == .sync { shares(step, model) }
      })
    #expect(never.kind == .sharing && never.use.isEmpty)
  }

  @Test("zeros may be data where a zeroed range ends, or began behind an old end")
  func zeroEdges() throws {
    let hole = "open a\ntruncate a 16384\nmap\n"
    let inside = try outcome(
      hole + "punch a 5000 100\nmap\nmap\n", live: zeros(.punch, "a", 4096, 4096))
    #expect(inside.kind == nil && inside.use == [.zeroEdge: 1])
    let grown = try outcome(
      "open a\ntruncate a 5000\nmap\nwrite a 12288 100 1\nmap\n",
      live: zeros(.write, "a", 4096, 4096))
    #expect(grown.kind == nil && grown.use == [.zeroEdge: 1])
    let behind = try outcome(
      "open a\ntruncate a 5000\nmap\nallocate a 8192 4096\nmap\n",
      live: zeros(.allocate, "a", 4096, 4096))
    #expect(behind.kind == nil && behind.use == [.zeroEdge: 1])
  }

  @Test(
    "no other end of a range makes data of a hole",
    arguments: [
      (TraceVerb.read, "read a 4196 50"), (TraceVerb.punch, "punch a 4096 4096"),
      (TraceVerb.punch, "punch a 9000 100"),
    ])
  func otherEdges(verb: TraceVerb, step: String) throws {
    let found = try outcome(
      "open a\ntruncate a 16384\nmap\n\(step)\nmap\n", live: zeros(verb, "a", 4096, 4096))
    #expect(found.kind == .sharing && found.use.isEmpty)
  }

  @Test("zeros that the other side shares are shared in the model, in last blocks, too")
  func sharedZeros() throws {
    for size in [6000, 8192] {
      let lines = "open a\nopen b\ntruncate a \(size)\npunch a 5000 100\nclone-whole a b\nmap\n"
      let found = try outcome(lines, live: zeros(.punch, "a", 4096, size - 4096))
      #expect(found.kind == nil && found.use == [.zeroEdge: 2], "\(size)")
    }
  }
}
