internal import CHost
internal import Glibc

/// What the bundled neighbour does on its core: it walks through 8 MiB in bursts, so that it takes
/// both time and caches from whoever measures there.
enum NeighbourLoad {
  private static let wordCount = (8 << 20) / MemoryLayout<UInt64>.stride
  /// Words of a cache line.
  private static let stride = 8
  private static let linesPerLook = 1024

  /// Works until its standard input closes.
  ///
  /// - Parameter core: Where.
  /// - Returns: The exit code.
  static func run(core: Int) -> Int32 {
    signal(SIGINT, SIG_IGN)
    if chost_pin(Int32(core)) != 0 { return 1 }
    var words = [UInt64](repeating: 1, count: wordCount)
    var schedule = NeighbourSchedule(seed: UInt64(getpid()))
    var place = 0
    let cpuStarted = chost_thread_cpu_ns()
    let wallStarted = chost_wall_ns()
    while true {
      let end = chost_thread_cpu_ns() + Int64(schedule.burst())
      while chost_thread_cpu_ns() < end {
        for _ in 0..<linesPerLook {
          words[place] &+= 1
          place = (place + stride) % wordCount
        }
      }
      let rest = schedule.rest(
        cpuNanoseconds: Int(chost_thread_cpu_ns() - cpuStarted),
        wallNanoseconds: Int(chost_wall_ns() - wallStarted))
      if isInputClosed(waitingNanoseconds: rest) { return 0 }
    }
  }

  /// Rests, or ends at once when whoever started it is gone.
  private static func isInputClosed(waitingNanoseconds nanoseconds: Int) -> Bool {
    let end = chost_wall_ns() + Int64(nanoseconds)
    while true {
      let left = end - chost_wall_ns()
      if left <= 0 { return false }
      var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      // SAFETY: one record, written during the call.
      let ready = unsafe poll(&input, 1, Int32(min(left / 1_000_000 + 1, 1000)))
      if ready > 0 {
        var byte: UInt8 = 0
        // SAFETY: one byte, written during the call.
        if unsafe read(0, &byte, 1) <= 0 { return true }
      }
    }
  }
}
