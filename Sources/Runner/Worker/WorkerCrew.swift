internal import CHost

/// Threads that live as long as a cell, parked at a gate, each on a core of its own.
@safe struct WorkerCrew: ~Copyable {
  private let crew: OpaquePointer
  private let spans: UnsafeMutablePointer<chost_span>
  /// Threads whose time counts.
  let workerCount: Int
  private let count: Int

  /// Starts threads on the first of the given cores, and one for company on the next, which is a
  /// worker's where there is no other.
  init(workers: Int, hasCompany: Bool = false, cores: [Int]) throws(CellException) {
    guard cores.count >= workers else {
      throw .skipped("\(workers) threads need a core each, and \(cores.count) are allowed")
    }
    let count = workers + (hasCompany ? 1 : 0)
    var code: CInt = 0
    let places = (0..<count).map { Int32(cores[$0 % cores.count]) }
    // SAFETY: the list has `count` cores; both pointers are used during the call only.
    let crew = unsafe chost_crew_start(places, Int32(count), &code)
    guard let crew = unsafe crew else {
      throw .failed("Starting \(count) pinned threads failed: errno \(code).")
    }
    unsafe self.crew = crew
    self.count = count
    workerCount = workers
    unsafe spans = .allocate(capacity: count)
    unsafe spans.initialize(repeating: chost_span(), count: count)
  }

  deinit {
    // SAFETY: the threads are joined before what they use is freed.
    unsafe chost_crew_stop(crew)
    unsafe spans.deallocate()
  }

  /// Runs a body on each thread, all at once, and returns when the last has finished.
  ///
  /// - Parameter body: Gets the index of its thread; company has the last.
  /// - Returns: CPU time, faults and switches of all workers together and the wall time of the
  ///   slowest; what company takes is not counted.
  func run(_ body: @escaping @Sendable (Int) -> Void) -> BatchMeasurement {
    let errand = Errand(body)
    // SAFETY: the errand lives through the call, which ends after the last thread has.
    withExtendedLifetime(errand) {
      unsafe chost_crew_run(
        crew,
        { context, index in
          guard let context = unsafe context else { return }
          unsafe Unmanaged<Errand>.fromOpaque(context).takeUnretainedValue().body(Int(index))
        }, Unmanaged.passUnretained(errand).toOpaque(), spans)
    }
    var batch = BatchMeasurement()
    for index in 0..<workerCount {
      let span = unsafe spans[index]
      batch.cpuNanoseconds += Int(span.cpu_ns)
      batch.wallNanoseconds = max(batch.wallNanoseconds, Int(span.wall_ns))
      batch.faultsObserved += Int(span.minor_faults)
      batch.involuntarySwitches += Int(span.involuntary_switches)
    }
    return batch
  }

  /// What the threads of one run do, at an address that C can carry.
  private final class Errand: Sendable {
    let body: @Sendable (Int) -> Void

    init(_ body: @escaping @Sendable (Int) -> Void) { self.body = body }
  }
}
