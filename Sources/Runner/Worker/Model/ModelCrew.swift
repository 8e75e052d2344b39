internal import CHost
internal import FSDAX
internal import Synchronization

/// Threads that live as long as a cell, parked at a gate, each on a core of its own.
@safe struct ModelCrew: ~Copyable {
  private let crew: OpaquePointer
  private let spans: UnsafeMutablePointer<chost_span>
  private let background: CloneLoop?
  private let count: Int

  /// Starts threads on the first of the given cores, and one for the background on the next, which
  /// is a worker's where there is no other.
  init(workers: Int, background: CloneLoop?, cores: [Int]) throws(CellException) {
    guard cores.count >= workers else {
      throw .skipped("\(workers) threads need a core each, and \(cores.count) are allowed")
    }
    let count = workers + (background == nil ? 0 : 1)
    self.background = background
    var code: CInt = 0
    let places = (0..<count).map { Int32(cores[$0 % cores.count]) }
    // SAFETY: the list has `count` cores; both pointers are used during the call only.
    let crew = unsafe chost_crew_start(places, Int32(count), &code)
    guard let crew = unsafe crew else {
      throw .failed("Starting \(count) pinned threads failed: errno \(code).")
    }
    unsafe self.crew = crew
    self.count = count
    unsafe spans = .allocate(capacity: count)
    unsafe spans.initialize(repeating: chost_span(), count: count)
  }

  deinit {
    // SAFETY: the threads are joined before what they use is freed.
    unsafe chost_crew_stop(crew)
    unsafe spans.deallocate()
  }

  /// Runs each work on a thread, all at once; what the background takes is not counted.
  func run(_ works: [any ModelWork], calls: Int) throws(FSDAXError) -> BatchMeasurement {
    let errand = Errand(works, calls, background)
    // SAFETY: the errand lives through the call, which ends after the last thread has.
    unsafe withExtendedLifetime(errand) {
      unsafe chost_crew_run(
        crew,
        { context, index in
          guard let context = unsafe context else { return }
          unsafe Unmanaged<Errand>.fromOpaque(context).takeUnretainedValue().run(Int(index))
        }, Unmanaged.passUnretained(errand).toOpaque(), spans)
    }
    if let failure = errand.failure { throw failure }
    var batch = BatchMeasurement()
    for index in works.indices {
      let span = unsafe spans[index]
      batch.cpuNanoseconds += Int(span.cpu_ns)
      batch.wallNanoseconds = max(batch.wallNanoseconds, Int(span.wall_ns))
      batch.faultsObserved += Int(span.minor_faults)
      batch.involuntarySwitches += Int(span.involuntary_switches)
    }
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

    func run(_ index: Int) {
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
