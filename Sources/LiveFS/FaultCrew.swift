internal import CHost
internal import Glibc

/// Threads that live as long as an exercise, parked at a gate, each on a core of its own.
@safe
struct FaultCrew: ~Copyable {
  private let crew: OpaquePointer
  private let spans: UnsafeMutablePointer<chost_span>
  private let touch: UnsafeMutablePointer<chost_touch>
  private let holder: UnsafeMutablePointer<chost_holder>
  /// Threads in the crew.
  let count: Int

  /// Starts `count` threads on the first `count` of the given cores.
  init(count: Int, cores: [Int]) throws(FaultError) {
    guard cores.count >= count else {
      let allowed = cores.count == 1 ? "1 core is" : "\(cores.count) cores are"
      throw .unavailable(reason: "\(count) threads need a core each, and \(allowed) allowed")
    }
    var code: CInt = 0
    // SAFETY: the list has at least `count` cores; both pointers are used during the call only.
    let crew = unsafe chost_crew_start(cores.map { Int32($0) }, Int32(count), &code)
    guard let crew = unsafe crew else {
      throw .failed(reason: "cannot start \(count) pinned threads: errno \(code)")
    }
    unsafe self.crew = crew
    self.count = count
    // SAFETY: plain C values, freed in `deinit`, initialised before a thread sees them. They live
    // on the heap, not in this struct, because the threads write them.
    unsafe spans = .allocate(capacity: count)
    unsafe spans.initialize(repeating: chost_span(), count: count)
    unsafe touch = .allocate(capacity: 1)
    unsafe holder = .allocate(capacity: 1)
    unsafe holder.initialize(to: chost_holder(pid: -1, pipe_end: -1, error: 0))
  }

  deinit {
    // SAFETY: the child is reaped and the threads are joined before what they use is freed.
    unsafe chost_release_holder(holder)
    unsafe chost_crew_stop(crew)
    unsafe spans.deallocate()
    unsafe touch.deallocate()
    unsafe holder.deallocate()
  }

  /// Touches the first `pages` pages of each thread's slice, all threads at once.
  ///
  /// - Safety: `count` slices of `sliceByteCount` bytes are mapped at `base`, and each holds
  ///   `pages` pages.
  @unsafe func touch(
    _ base: UnsafeMutableRawPointer, sliceByteCount: Int, pageByteCount: Int, pages: Int,
    isWrite: Bool
  ) -> FaultMeasurement {
    unsafe touch.initialize(
      to: chost_touch(
        base: base.assumingMemoryBound(to: UInt8.self), slice_bytes: sliceByteCount,
        page_bytes: pageByteCount, pages: pages, is_write: isWrite ? 1 : 0,
        value: FaultPattern.touched))
    unsafe chost_crew_run(crew, chost_touch_body, touch, spans)
    var cpu = 0
    var wall = 0
    var faults = 0
    var switches = 0
    for index in 0..<count {
      let span = unsafe spans[index]
      cpu += Int(span.cpu_ns)
      wall = max(wall, Int(span.wall_ns))
      faults += Int(span.minor_faults)
      switches += Int(span.involuntary_switches)
    }
    return FaultMeasurement(
      touches: pages * count, cpuNanoseconds: cpu, wallNanoseconds: wall,
      faultsExpected: pages * count, faultsObserved: faults, involuntarySwitches: switches)
  }

  /// Forks a child that shares all private pages until it is released.
  ///
  /// The fork happens on a thread of the crew: the kernel ends the child with the thread that made
  /// it, and the caller's thread may not live as long as the exercise.
  func hold() throws(FaultError) {
    release()
    // SAFETY: the crew's own values; the body is the one that takes a holder.
    unsafe chost_crew_run(crew, chost_hold_body, holder, spans)
    let code = unsafe holder.pointee.error
    guard code == 0 else {
      throw .failed(reason: "cannot fork a child to share pages with: errno \(code)")
    }
  }

  /// Ends and reaps the child, if there is one.
  func release() {
    // SAFETY: no thread uses the holder between runs.
    unsafe chost_release_holder(holder)
  }

  /// Copies bytes from the child's memory; 0, or the errno value.
  ///
  /// - Safety: `target` has room for `byteCount` bytes.
  @unsafe func peek(
    _ address: UnsafeRawPointer, into target: UnsafeMutableRawPointer, byteCount: Int
  ) -> CInt {
    unsafe chost_peek(holder.pointee.pid, address, target, byteCount)
  }
}

/// The cores the calling thread may run on, ascending; empty when the kernel does not say.
public func allowedCores() -> [Int] {
  var cores = [Int32](repeating: 0, count: 1024)
  // SAFETY: the array's storage is valid for its count during the call.
  let count = unsafe chost_allowed_cores(&cores, Int32(cores.count))
  return cores.prefix(max(Int(count), 0)).map { Int($0) }
}
