import Foundation
import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

/// A filesystem that takes no more bytes is none that a model could be held against.
@Suite("Conformance on a full or read-only filesystem")
struct RefusalTests {
  @Test(
    "an error of the filesystem's state ends the run at once, as what it is",
    arguments: zip([ENOSPC, EDQUOT, EROFS], [TraceDifference.Kind.full, .quota, .readOnly]))
  func errors(number: Int32, kind: TraceDifference.Kind) throws {
    var sideCount = 0
    let run = ConformRun(personality: "xfs", seed: 2) {
      sideCount += 1
      var writeCount = 0
      let live = try ChangedExecutor { step, model in
        if step.verb == .write { writeCount += 1 }
        return step.verb == .write && writeCount == 5
          ? StepOutcome(.error(number)) : model.run(step)
      }
      return (try ModelExecutor(.xfs, byteCount: 32 << 20), live)
    }
    let failure = try #require(try run.run(stepLimit: 200).failure)
    #expect(failure.difference.kind == kind && failure.difference.kind.isOfTarget)
    #expect(sideCount == 1, "nothing is shrunk")
  }

  @Test("a short write, and a store that dies, are looked into")
  func silent() throws {
    let write = TraceStep(.write, ["a"], [0, 8192, 1])
    let store = TraceStep(.store, ["a"], [0, 10, 1])
    let outcomes: [(TraceStep, TraceResult)] = [(write, .count(4096)), (store, .error(EIO))]
    let kinds: [(Int32?, TraceDifference.Kind)] = [
      (ENOSPC, .full), (EROFS, .readOnly), (nil, .result), (ENOENT, .gone), (ESTALE, .gone),
      (EIO, .gone), (ENODEV, .gone), (EINVAL, .result),
    ]
    for (step, result) in outcomes {
      for (refuses, kind) in kinds {
        let live = try ChangedExecutor(refuses: refuses) {
          $0 == step ? StepOutcome(result) : $1.run($0)
        }
        var comparison = Comparison(model: try ModelExecutor(.xfs), live: live)
        let steps = [TraceStep(.open, ["a"]), TraceStep(.write, ["a"], [0, 4096, 5]), step]
        #expect(comparison.run(steps)?.kind == kind)
      }
    }
  }

  @Test("a folder that is gone ends the run at once, and is no defect of the model")
  func gone() throws {
    let kinds: [(Int32?, TraceDifference.Kind)] = [(ENOENT, .gone), (nil, .result)]
    for (refuses, kind) in kinds {
      var sideCount = 0
      let run = ConformRun(personality: "xfs", seed: 2) {
        sideCount += 1
        // No file can be made any more.
        var openCount = 0
        let live = try ChangedExecutor(refuses: refuses) { step, model in
          if step.verb == .open { openCount += 1 }
          return step.verb == .open && openCount > 2
            ? StepOutcome(.error(ENOENT)) : model.run(step)
        }
        return (try ModelExecutor(.xfs, byteCount: 32 << 20), live)
      }
      let found = try #require(try run.run(stepLimit: 200).failure).difference.kind
      #expect(found == kind && found.isOfTarget == (refuses != nil))
      #expect((sideCount == 1) == found.isOfTarget, "nothing is shrunk")
    }
  }

  @Test("a folder removed during a run is told as such")
  func removed() throws {
    guard let mount = LoopMount(.xfs) else { return }
    let target = try ConformTarget(mount.path)
    let run = ConformRun(personality: "xfs", seed: 3, sides: target.sides)
    let outcome = try run.run(stepLimit: 250) { done in
      if done == 30 {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: mount.path)) ?? [] {
          try? FileManager.default.removeItem(atPath: mount.path + "/" + name)
        }
      }
      return true
    }
    let difference = try #require(outcome.failure).difference
    #expect(difference.kind == .gone, "\(difference)")
    let sentence = try #require(target.obstacle(in: difference))
    #expect(sentence.contains("has gone away") && sentence.contains(mount.path))
  }

  @Test("an error that the model gives, too, is no difference")
  func alike() throws {
    func full() throws -> ChangedExecutor {
      try ChangedExecutor { $0.verb == .write ? StepOutcome(.error(ENOSPC)) : $1.run($0) }
    }
    var comparison = Comparison(model: try full(), live: try full())
    let steps = [TraceStep(.open, ["a"]), TraceStep(.write, ["a"], [0, 4096, 1])]
    #expect(comparison.run(steps) == nil)
  }

  @Test("a filesystem with a mebibyte left is full, not different")
  func kernel() throws {
    guard let mount = LoopMount(.xfs) else { return }
    let target = try ConformTarget(mount.path)
    mount.fill(leaving: 1 << 20)
    // Its files are of 2 MiB.
    let failure = try #require(
      try ConformRun(personality: "xfs", seed: 3, sides: target.sides).run(stepLimit: 250).failure)
    #expect(failure.difference.kind == .full, "\(failure.difference)")
    let sentence = try #require(target.obstacle(in: failure.difference))
    #expect(sentence.contains("is full") && sentence.contains("64 MiB"))
    mount.fill(leaving: 0)
    let refused = #expect(throws: ConformError.self) { try ConformTarget(mount.path) }
    #expect(refused?.description.contains("is full") == true, "\(String(describing: refused))")
  }
}
