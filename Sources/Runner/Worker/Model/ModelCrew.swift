internal import FSDAX
internal import Synchronization

/// The threads of a model's cell, and the one that clones beside them.
@safe struct ModelCrew: ~Copyable {
  private let crew: WorkerCrew
  private let background: CloneLoop?

  init(workers: Int, background: CloneLoop?, cores: [Int]) throws(CellException) {
    crew = try WorkerCrew(workers: workers, hasCompany: background != nil, cores: cores)
    self.background = background
  }

  /// Runs each work on a thread, all at once; what the background takes is not counted.
  func run(_ works: [any ModelWork], calls: Int) throws(FSDAXError) -> BatchMeasurement {
    let errand = Errand(works, calls, background)
    let batch = crew.run(errand.run)
    if let failure = errand.failure { throw failure }
    return batch
  }

  /// What the threads of one run do.
  @safe private final class Errand: @unchecked Sendable {
    // Sendable: the works are each one thread's; failures have an element a thread.
    private let works: [any ModelWork]
    private let calls: Int
    private let background: CloneLoop?
    private let working: Atomic<Int>
    private let failures: Mutex<[FSDAXError]>

    init(_ works: [any ModelWork], _ calls: Int, _ background: CloneLoop?) {
      self.works = works
      self.calls = calls
      self.background = background
      working = Atomic(works.count)
      failures = Mutex([])
    }

    @Sendable func run(_ index: Int) {
      do throws(FSDAXError) {
        if index < works.count {
          defer { working.subtract(1, ordering: .releasing) }
          try works[index].run(calls: calls)
        } else {
          try background?.run { working.load(ordering: .acquiring) > 0 }
        }
      } catch {
        failures.withLock { $0.append(error) }
      }
    }

    var failure: FSDAXError? { failures.withLock(\.first) }
  }
}
