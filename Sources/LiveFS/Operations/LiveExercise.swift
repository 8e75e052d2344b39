internal import CHost

/// One timed batch of a live operation, with what it found.
public struct LiveMeasurement: Equatable, Sendable {
  /// Calls made.
  public var calls = 0
  /// CPU time of the calls alone, in nanoseconds.
  public var cpuNanoseconds = 0
  /// Wall time of the calls alone.
  public var wallNanoseconds = 0
  /// Bytes the calls were about: written, shared, or really compared.
  public var byteCount = 0
  /// Syncs made after the calls, apart from them; a call that is durable by itself counts none.
  public var syncCount = 0
  /// Wall time of those syncs: write-back, journal and device flush.
  public var syncNanoseconds = 0
  /// Preemptions during the calls.
  public var involuntarySwitches = 0
  /// Bytes of the source in the page cache right before the calls, of those they touch.
  public var sourceResidentByteCount = 0
  /// The same of the target.
  public var targetResidentByteCount = 0
  /// Bytes of the target whose blocks were shared right before the calls.
  public var sharedByteCount = 0
  /// Faults expected: one for each touch, 0 for operations that are no faults.
  public var faultsExpected = 0
  /// Minor faults counted.
  public var faultsObserved = 0
  /// Why this is no measurement of its class; nil when it is one.
  public var invalid: String?

  /// Nothing measured yet.
  public init() {}

  /// Why a batch is none before which the page cache was not what it was made to be.
  static let residencyLost = "the ranges did not stay in the page cache until the calls"
}

/// An operation on files of a real filesystem, made again and again.
///
/// `rearm` makes ready, outside what is timed: shared extents are shared anew, pages are read into
/// the cache, dirty ones written out. `run` times so many calls, at most `callLimit` after each
/// rearming. `verify` reads back bytes and sharing after a run.
public protocol LiveExercise: AnyObject {
  /// Calls that one rearming is good for.
  var callLimit: Int { get }
  /// Makes ready.
  func rearm() throws(FaultError)
  /// Times calls.
  func run(calls: Int) throws(FaultError) -> LiveMeasurement
  /// Checks what the last run left.
  func verify() throws(FaultError)
}

/// Makes a refused file call a failed exercise.
func exercising<Value: ~Copyable>(
  _ body: () throws(LiveError) -> Value
) throws(FaultError) -> Value {
  do throws(LiveError) { return try body() } catch {
    throw .failed(reason: error.description)
  }
}

/// Clocks and counters around calls, added up.
struct LiveMeter {
  private(set) var measured: LiveMeasurement
  private var usage = chost_usage()
  private var wall: Int64 = 0
  private var cpu: Int64 = 0

  /// A meter of nothing yet but what was found before the calls.
  init(found: LiveMeasurement = LiveMeasurement()) { measured = found }

  /// Begins a timed part.
  @inline(__always)
  mutating func start() {
    // SAFETY: the out-parameter lives through the call.
    unsafe chost_thread_usage(&usage)
    wall = chost_wall_ns()
    cpu = chost_thread_cpu_ns()
  }

  /// Ends it.
  @inline(__always)
  mutating func stop(calls: Int) {
    let cpuEnd = chost_thread_cpu_ns()
    let wallEnd = chost_wall_ns()
    var after = chost_usage()
    // SAFETY: as in `start`.
    unsafe chost_thread_usage(&after)
    measured.calls += calls
    measured.cpuNanoseconds += Int(cpuEnd - cpu)
    measured.wallNanoseconds += Int(wallEnd - wall)
    measured.involuntarySwitches += Int(after.involuntary_switches - usage.involuntary_switches)
  }

  /// Times a sync apart from the calls: of a file, or of its filesystem when many were changed.
  mutating func sync(
    _ file: borrowing LiveFile, wholeFilesystem: Bool = false
  ) throws(LiveError) {
    let start = chost_wall_ns()
    if wholeFilesystem { try file.syncFilesystem() } else { try file.sync() }
    measured.syncCount += 1
    measured.syncNanoseconds += Int(chost_wall_ns() - start)
  }
}
