import Foundation
import LiveFS
import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

/// A model that knows which of its files a page cache would have pages of.
private final class CachedExecutor: TraceExecutor {
  /// The steps, each with those of its files that were in the cache.
  private(set) var met: [(step: TraceStep, warm: Set<String>)] = []
  private let model: ModelExecutor
  private var warm: Set<String> = []

  init() throws { model = try ModelExecutor(.xfs, byteCount: 32 << 20) }

  func run(_ step: TraceStep) -> StepOutcome {
    if step.verb == .drop {
      warm.subtract(step.files)
    } else {
      // A file without bytes has no pages either, which is no merit.
      let empty = step.files.filter { model.sizes()[$0] ?? 0 == 0 }
      met.append((step, warm.intersection(step.files).union(empty)))
    }
    return model.run(step)
  }

  func read(_ file: String, at position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    warm.insert(file)
    return model.read(file, at: position, into: buffer)
  }

  func sizes() -> [String: Int] { model.sizes() }
  func extents(of file: String) -> [PlacedExtent]? { model.extents(of: file) }
  func force(_ step: TraceStep) {}
}

@Suite("Conformance with a cold page cache")
struct ColdCacheTests {
  @Test("the comparison's reads do not warm what was dropped, until a step names the file")
  func staysCold() throws {
    let live = try CachedExecutor()
    var comparison = Comparison(model: try ModelExecutor(.xfs), live: live)
    let trace = try Trace(
      lines: """
        open a
        open b
        write a 0 65536 1
        clone-whole a b
        drop b
        drop a
        map
        unshare b 4096 20000
        write b 100 50 3
        dedupe a 0 4096 a 8192
        """)
    #expect(comparison.run(trace.steps) == nil)
    let met = live.met.suffix(3)
    #expect(met.map(\.step.verb) == [.unshare, .write, .dedupe])
    #expect(met.map(\.warm) == [[], ["b"], []])
  }

  @Test("every kind of step meets files without pages often enough")
  func coldSteps() throws {
    var live: [CachedExecutor] = []
    let run = ConformRun(personality: "xfs", seed: 5) {
      live.append(try CachedExecutor())
      return (try ModelExecutor(.xfs, byteCount: 32 << 20), live[live.count - 1])
    }
    let outcome = try run.run(stepLimit: 3000)
    #expect(outcome.failure == nil)
    let cold = live.flatMap(\.met).filter { $0.warm.isEmpty && !$0.step.files.isEmpty }
    let counts = Dictionary(grouping: cold, by: \.step.verb).mapValues(\.count)
    let wanted: [TraceVerb] = [
      .write, .store, .clone, .dedupe, .zero, .punch, .truncate, .unshare, .copy, .load,
    ]
    for verb in wanted { #expect(counts[verb] ?? 0 >= 5, "\(verb) of \(counts)") }
  }

  @Test("a drop leaves no page behind, also of what was stored through the mapping")
  func noPages() throws {
    guard let mount = LoopMount(.xfs) else { return }
    let live = try LiveExecutor(mount.path)
    var comparison = Comparison(model: try ModelExecutor(.xfs), live: live)
    let trace = try Trace(lines: "open a\nwrite a 0 65536 1\nstore a 4096 20000 3\ndrop a\n")
    #expect(comparison.run(trace.steps) == nil)
    let resident = try live.file("a").file.residentByteCount(at: 0, byteCount: 65536)
    #expect(resident == 0)
    // The mapping comes back when it is asked for.
    #expect(comparison.run([TraceStep(.load, ["a"], [0, 65536])]) == nil)
  }

  @Test("other places of holes and data are a difference, whatever a trace expects")
  func seeks() throws {
    let lines = "open a\nwrite a 0 4096 1\ntruncate a 65536\nwrite a 32768 4096 1\n"
    for (seek, wrong) in [("next-hole a 0 = 4096", 8192), ("next-data a 4096 = 32768", 8192)] {
      let live = try ChangedExecutor { step, model in
        let outcome = model.run(step)
        return [.nextHole, .nextData].contains(step.verb) ? StepOutcome(.count(wrong)) : outcome
      }
      var comparison = Comparison(model: try ModelExecutor(.xfs), live: live)
      #expect(comparison.run(try Trace(lines: lines + seek).steps)?.kind == .result, "\(seek)")
    }
  }
}
