internal import Glibc

/// Progress of a conformance run: a redrawn line on a terminal, a line every ten seconds elsewhere.
struct ConformProgress {
  private let total: Int
  private let started = ConformProgress.now()
  private var lastDrawn = 0.0
  private var isDrawn = false

  init(total: Int) { self.total = total }

  /// Shows how many steps are done; a negative number is a trial while a trace is shrunk.
  mutating func show(_ done: Int) {
    let now = Self.now()
    guard now - max(lastDrawn, started) >= (Terminal.isInteractive ? 0.2 : 10) else { return }
    lastDrawn = now
    let left = done > 0 ? Int((now - started) * Double(total - done) / Double(done)) + 1 : 0
    let text = done < 0 ? "shrinking the trace" : "step \(done) of \(total), \(left) s left"
    if Terminal.isInteractive {
      try? Terminal.write("\r\u{1b}[K" + text, to: 2)
      isDrawn = true
    } else {
      Terminal.note(text)
    }
  }

  /// Removes the line.
  mutating func clear() {
    if isDrawn { try? Terminal.write("\r\u{1b}[K", to: 2) }
    isDrawn = false
  }

  private static func now() -> Double {
    var time = timespec()
    // SAFETY: one timespec, written during the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
