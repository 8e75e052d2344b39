import Foundation
import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

/// A model with a defect: a clone of a range that is not its file's first block loses a byte.
private final class DefectiveExecutor: TraceExecutor {
  private let model: ModelExecutor
  private let defect: (TraceStep, ModelExecutor) -> Void

  init(
    _ personality: Personality, _ defect: @escaping (TraceStep, ModelExecutor) -> Void
  ) throws {
    model = try ModelExecutor(personality, byteCount: 32 << 20)
    self.defect = defect
  }

  func run(_ step: TraceStep) -> StepOutcome {
    let outcome = model.run(step)
    if case .count = outcome.result { defect(step, model) }
    return outcome
  }

  func sizes() -> [String: Int] { model.sizes() }
  func read(_ file: String, at position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    model.read(file, at: position, into: buffer)
  }
  func extents(of file: String) -> [PlacedExtent]? { model.extents(of: file) }
  func force(_ step: TraceStep) {}
}

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
      (try ModelExecutor(.xfs, byteCount: 32 << 20), try DefectiveExecutor(.xfs, defect))
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
