@testable import FSDAX
@testable import Plan
@testable import Runner

/// A model that a test has its hand in: its answers, what is done after its steps, what it refuses.
final class ChangedExecutor: TraceExecutor {
  private let model: ModelExecutor
  private let answer: (TraceStep, ModelExecutor) -> StepOutcome
  private let refused: Int32?

  /// A model that does something more after each step that succeeded.
  convenience init(
    _ personality: Personality, after defect: @escaping (TraceStep, ModelExecutor) -> Void
  ) throws {
    try self.init(personality) { step, model in
      let outcome = model.run(step)
      if case .count = outcome.result { defect(step, model) }
      return outcome
    }
  }

  /// A model with other answers, and the error with which it refuses everything.
  init(
    _ personality: Personality = .xfs, refuses: Int32? = nil,
    answer: @escaping (TraceStep, ModelExecutor) -> StepOutcome
  ) throws {
    model = try ModelExecutor(personality, byteCount: 32 << 20)
    self.answer = answer
    refused = refuses
  }

  func run(_ step: TraceStep) -> StepOutcome { answer(step, model) }
  func sizes() -> [String: Int] { model.sizes() }
  func read(_ file: String, at position: Int, into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    model.read(file, at: position, into: buffer)
  }
  func extents(of file: String) -> [PlacedExtent]? { model.extents(of: file) }
  func force(_ step: TraceStep) { model.force(step) }
  func refusal() -> Int32? { refused }
}

extension Trace {
  /// A trace for any personality from its lines.
  init(lines: String) throws {
    try self.init(parsing: "daxmark-trace 1\nseed 0\npersonality any\nblock 4096\n" + lines)
  }
}
