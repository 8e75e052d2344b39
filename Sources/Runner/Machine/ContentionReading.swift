/// How busy others keep this machine at one moment: read before and after a batch or a run.
public struct ContentionReading: Equatable, Sendable {
  /// Clock ticks that the hypervisor took from all processors since boot; nil when not said.
  public var stealTicks: Int?
  /// Mean number of runnable tasks over the last minute; nil when not said.
  public var loadAverage: Double?

  /// Reads the running system, at a cost of some 20 µs.
  public init() { self.init(files: .live) }

  init(files: SystemFiles) {
    stealTicks = files.text("/proc/stat").flatMap(Self.stealTicks)
    loadAverage = files.text("/proc/loadavg").flatMap(Self.loadAverage)
  }

  /// Ticks stolen since an earlier reading; nil when either does not say.
  ///
  /// - Parameter earlier: A reading of the same machine.
  /// - Returns: At least 0: the kernel's counter may run backwards by a tick.
  public func stealTicks(since earlier: ContentionReading) -> Int? {
    guard let now = stealTicks, let before = earlier.stealTicks else { return nil }
    return now <= before ? 0 : now - before
  }

  /// The eighth number of the line of all processors in /proc/stat.
  static func stealTicks(stat: String) -> Int? {
    // The kernel puts this line first and long lists of interrupts behind it.
    guard let line = stat.split(separator: "\n", maxSplits: 1).first else { return nil }
    let fields = line.split(separator: " ", maxSplits: 9)
    guard fields.count > 8, fields[0] == "cpu", let ticks = Int(fields[8]), ticks >= 0 else {
      return nil
    }
    return ticks
  }

  /// The first number of /proc/loadavg.
  static func loadAverage(text: String) -> Double? {
    guard let first = text.split(separator: " ").first, let load = Double(first),
      load.isFinite, load >= 0
    else { return nil }
    return load
  }
}
