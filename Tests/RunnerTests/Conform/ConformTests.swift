import Foundation
import LiveFS
import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

@Suite("Conformance")
struct ConformTests {
  @Test("the model agrees with itself over random steps", arguments: Personality.allCases)
  func alike(personality: Personality) throws {
    let run = ConformRun(personality: personality.rawValue, seed: 3) {
      (
        try ModelExecutor(personality, byteCount: 32 << 20),
        try ModelExecutor(personality, byteCount: 32 << 20)
      )
    }
    let outcome = try run.run(stepLimit: 600)
    #expect(outcome.failure == nil && outcome.stepCount == 600 && outcome.use == RuleUse())
  }

  /// What each defect needs to be seen, in steps.
  private static let defects:
    [(name: String, @Sendable (TraceStep, ModelExecutor) -> Void, kind: String)] = [
      (
        "a byte behind a punch is lost",
        { step, model in
          guard step.verb == .punch, step.range.position & 4095 == 1,
            step.range.position <= model.sizes()[step.file] ?? 0
          else { return }
          _ = model.run(TraceStep(.write, [step.file], [step.range.position - 1, 1, 999]))
        }, "bytes"
      ),
      (
        "a clone copies",
        { step, model in
          guard step.verb == .cloneWhole, step.files[0] != step.files[1] else { return }
          model.force(TraceStep(.unshare, [step.files[1]], [0, 1 << 30]))
        }, "sharing"
      ),
      (
        "a truncation is off by one",
        { step, model in
          guard step.verb == .truncate, step.range.position > 4096 else { return }
          _ = model.run(TraceStep(.truncate, [step.file], [step.range.position + 1]))
        }, "size"
      ),
    ]

  @Test("a defect is found, and its trace is short and can be replayed", arguments: 0..<3)
  func defect(index: Int) throws {
    let (name, defect, kind) = Self.defects[index]
    let run = ConformRun(personality: "xfs", seed: 1) {
      (try ModelExecutor(.xfs, byteCount: 32 << 20), try ChangedExecutor(.xfs, after: defect))
    }
    let outcome = try run.run(stepLimit: 5000)
    let failure = try #require(outcome.failure, "\(name) was not found")
    #expect(failure.difference.kind.rawValue == kind)
    #expect(failure.trace.steps.count <= 8, "\(failure.trace)")
    let read = try Trace(parsing: failure.trace.description)
    #expect(run.replay(read.steps)?.kind == failure.difference.kind)
    let sane = ConformRun(personality: "xfs", seed: 1) {
      (try ModelExecutor(.xfs, byteCount: 32 << 20), try ModelExecutor(.xfs, byteCount: 32 << 20))
    }
    #expect(sane.replay(read.steps) == nil)
  }

  /// The steps on a sane model and on one that does something more after each; what differs, and
  /// which rules were used.
  private func outcome(
    _ text: String, isBtrfs: Bool = false, _ defect: @escaping (TraceStep, ModelExecutor) -> Void
  ) throws -> (TraceDifference?, [DifferenceRule: Int]) {
    let header = "daxmark-trace 1\nseed 0\npersonality any\nblock 4096\n"
    var comparison = Comparison(
      model: try ModelExecutor(.xfs, byteCount: 32 << 20),
      live: try ChangedExecutor(.xfs, after: defect), isBtrfs: isBtrfs)
    let difference = comparison.run(try Trace(parsing: header + text).steps)
    return (difference, comparison.use.counts)
  }

  @Test("a hole that is reserved passes behind an old end, once, and nowhere else")
  func reservations() throws {
    let reserve: (TraceStep, ModelExecutor) -> Void = { step, model in
      guard step.verb == .punch || step.verb == .truncate else { return }
      _ = model.run(TraceStep(.allocate, [step.file], [8192, 4096]))
    }
    let inside = try outcome("open a\nwrite a 0 16384 1\nmap\npunch a 8192 4096\nmap\n", reserve)
    #expect(inside.0?.kind == .sharing && inside.1.isEmpty)
    let grown = try outcome("open a\nwrite a 0 50 1\ntruncate a 16384\nmap\nmap\n", reserve)
    #expect(grown.0 == nil && grown.1 == [.reservedBehindEnd: 1])
    // A clone of what was behind the end passes; on Btrfs so does any clone.
    let steps = "open a\nopen b\nwrite b 0 16384 1\n"
    let shared = "clone a 8192 4096 b 4096\nmap\n"
    let carry: (TraceStep, ModelExecutor) -> Void = { step, model in
      guard step.verb == .clone else { return }
      _ = model.run(TraceStep(.allocate, [step.files[1]], [4096, 4096]))
    }
    let growing = try outcome(steps + "truncate a 16384\n" + shared, carry)
    #expect(growing.0 == nil && growing.1 == [.reservedBehindEnd: 1])
    let old = steps + "truncate a 16384\nmap\n" + shared
    #expect(try outcome(old, carry).0?.kind == .sharing)
    #expect(try outcome(old, isBtrfs: true, carry).0 == nil)
    // What the model has and the kernel has not is never excused.
    let lost = try outcome("open a\nwrite a 0 50 1\nallocate a 0 16384\nmap\n") { step, model in
      if step.verb == .allocate { _ = model.run(TraceStep(.punch, [step.file], [8192, 4096])) }
    }
    #expect(lost.0?.kind == .sharing)
  }

  @Test("a store may reach as far as the largest folio that the file can have had")
  func folios() {
    var touched = TouchedBlocks()
    touched.add(TraceStep(.write, ["a"], [0, 20_480, 1]), [:], ["a": 20_480])
    touched.add(TraceStep(.store, ["a"], [5000, 1, 1]), ["a": 20_480], ["a": 20_480])
    #expect((0..<8).map { touched.mayBeInStoredFolio("a", $0) } == (0..<8).map { $0 < 4 })
    #expect(!touched.mayBeInStoredFolio("b", 1))
    touched.add(
      TraceStep(.clone, ["a", "b"], [4096, 8192, 40_960]), ["a": 20_480, "b": 0],
      ["a": 20_480, "b": 49_152])
    #expect((9..<14).filter { touched.mayBeInStoredFolio("b", $0) }.prefix(2) == [10, 11])
    touched.forget()
    #expect(!touched.mayBeInStoredFolio("a", 1))
    // The length is that of the file, not of the steps since the last look; 2 MiB is the most.
    touched.add(TraceStep(.store, ["a"], [5000, 1, 1]), ["a": 20_480], ["a": 20_480])
    #expect(touched.mayBeInStoredFolio("a", 3) && !touched.mayBeInStoredFolio("a", 4))
    touched.add(TraceStep(.truncate, ["c"], [1 << 30]), ["c": 0], ["c": 1 << 30])
    touched.add(TraceStep(.store, ["c"], [0, 1, 1]), ["c": 1 << 30], ["c": 1 << 30])
    #expect(touched.mayBeInStoredFolio("c", 511) && !touched.mayBeInStoredFolio("c", 512))
    touched.add(TraceStep(.punch, ["a"], [20_479, 2]), ["a": 20_479], ["a": 20_479])
    #expect(touched.isOldEnd("a", 4))
  }

  @Test("a pipe is no target, and a trace for other blocks is not run")
  func obstacles() throws {
    let pipe = NSTemporaryDirectory() + "daxmark-pipe-\(UUID().uuidString)"
    try #require(mkfifo(pipe, 0o600) == 0)
    defer { unlink(pipe) }
    #expect(throws: ConformError.self) { try ConformTarget(pipe, personality: "xfs") }
    guard let mount = LoopMount(.xfs) else { return }
    let target = try ConformTarget(mount.path)
    #expect(target.obstacle(to: Trace(personality: "any")) == nil)
    let other = target.obstacle(to: Trace(personality: "any", blockByteCount: 512))
    #expect(other?.contains("512") == true)
  }

  @Test("compressed extents are none of data, and what is inline or unwritten stays that")
  func extentStates() {
    #expect(LiveExecutor.state([]) == .data && LiveExecutor.state([.encoded]) == .encoded)
    #expect(LiveExecutor.state([.inline, .encoded]) == .inline)
    #expect(LiveExecutor.state([.unwritten]) == .unwritten)
  }

  @Test("a run ends when it is told to")
  func stopping() throws {
    let run = ConformRun(personality: "xfs", seed: 1) {
      (try ModelExecutor(.xfs, byteCount: 32 << 20), try ModelExecutor(.xfs, byteCount: 32 << 20))
    }
    let outcome = try run.run(stepLimit: 1000) { $0 < 17 }
    #expect(outcome.isInterrupted && outcome.stepCount == 17)
  }

  @Test("a folder that is not there, or cannot clone, is one sentence")
  func refused() {
    for path in ["/nowhere", "/proc"] {
      #expect(throws: ConformError.self) { try ConformTarget(path) }
    }
    #expect(throws: ConformError.self) { try ConformTarget("/dev/shm", personality: "xfs") }
  }

  @Test("a punch that begins at the end of the file copies no shared block")
  func punchFromEnd() throws {
    let model = try ModelExecutor(.xfs, byteCount: 32 << 20)
    let trace = try Trace(
      lines: "open a\nopen b\nwrite a 0 7680 2\nclone a 0 7680 b 0\npunch b 7680 4608\n")
    for step in trace.steps { _ = model.run(step) }
    #expect(model.extents(of: "a") == model.extents(of: "b"))
  }

  @Test("punch and zero keep the block in which they end, also behind the end of the file")
  func lastBlock() throws {
    let model = try ModelExecutor(.xfs, byteCount: 32 << 20)
    for step in [
      TraceStep(.open, ["a"]), TraceStep(.write, ["a"], [0, 5000, 1]),
      TraceStep(.punch, ["a"], [0, 5001]),
    ] {
      #expect(model.run(step).result != .error(22))
    }
    #expect(model.extents(of: "a")?.map(\.position) == [4096])
  }
}

/// The kernel itself; without root nothing of it runs, and the tests say so.
@Suite("Conformance with the kernel", .serialized)
struct ConformKernelTests {
  @Test("scenarios and random steps", arguments: Personality.allCases)
  func kernel(personality: Personality) throws {
    guard let mount = LoopMount(personality) else {
      print("No loop mount of \(personality) here (root and its mkfs are needed): not compared.")
      return
    }
    let target = try ConformTarget(mount.path)
    #expect(target.personality == personality.rawValue)
    for name in ScenarioFiles.names {
      let trace = try ScenarioFiles.trace(name)
      guard ["any", personality.rawValue].contains(trace.personality) else { continue }
      // A limit of the whole process would hit other tests.
      if trace.steps.contains(where: { $0.verb == .limit }) { continue }
      let sides = try target.sides()
      var comparison = Comparison(
        model: sides.model, live: sides.live, isBtrfs: personality == .btrfs)
      let difference = comparison.run(trace.steps)
      #expect(difference == nil, "\(name): \(difference.map(\.description) ?? "")")
    }
    let run = ConformRun(personality: personality.rawValue, seed: 42, sides: target.sides)
    let outcome = try run.run(stepLimit: 500)
    if let failure = outcome.failure {
      Issue.record("\(failure.trace)# \(failure.difference)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: mount.path).isEmpty)
  }
}
