/// A meter of calls that are timed one by one, each with work between them that is not.
///
/// The batch gets the time of its middle call, so often as there were calls.
struct CallMeter {
  private var meter = LiveMeter()
  private var cpu: [Int] = []
  private var wall: [Int] = []
  private var last = LiveMeasurement()

  /// Begins a call.
  @inline(__always)
  mutating func start() {
    last = meter.measured
    meter.start()
  }

  /// Ends it.
  @inline(__always)
  mutating func stop() {
    meter.stop(calls: 1)
    cpu.append(meter.measured.cpuNanoseconds - last.cpuNanoseconds)
    wall.append(meter.measured.wallNanoseconds - last.wallNanoseconds)
  }

  /// The calls as a batch.
  var measured: LiveMeasurement {
    var measured = meter.measured
    measured.cpuNanoseconds = Self.middle(cpu) * measured.calls
    measured.wallNanoseconds = Self.middle(wall) * measured.calls
    return measured
  }

  /// The median, between the two middle ones of an even number.
  static func middle(_ times: [Int]) -> Int {
    if times.isEmpty { return 0 }
    let sorted = times.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
