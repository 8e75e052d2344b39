internal import Glibc
internal import Plan
internal import Runner

/// Progress of a run with the time left: a redrawn line on a terminal, a line every ten seconds
/// elsewhere.
struct Progress {
  private let started = Progress.now()
  private var phase = ""
  private var phaseStarted = Progress.now()
  private var lastDrawn = -1.0
  private var isDrawn = false

  /// Shows an event.
  mutating func show(_ event: RunEvent) {
    switch event {
    case .preparing(let done, let total, let cell): draw("preparing", done, total, cell.name)
    case .measuring(let done, let total, let cell): draw("measuring", done, total, cell.name)
    case .counting(let done, let total, let cell): draw("counting", done, total, cell.name)
    case .failed(let cell, let reason):
      clear()
      Terminal.note("daxmark: \(cell.name): \(reason)")
    case .roundEnded: break
    }
  }

  /// Shows an event of a duel.
  ///
  /// - Parameters:
  ///   - event: What happens.
  ///   - done: Cells of this run that are done.
  ///   - count: All cells of this run.
  mutating func show(_ event: DuelEvent, done: Int, of count: Int) {
    switch event {
    case .preparing(let done, let total, let cell): draw("preparing", done, total, cell.name)
    case .measuring(let cell, let run, _, _):
      draw(run == 0 ? "measuring" : "fresh run \(run)", done, count, cell.name)
    }
  }

  /// Shows a place in something long.
  mutating func show(_ phase: String, _ name: String, done: Int, of count: Int) {
    draw(phase, done, count, name)
  }

  /// Removes the line.
  mutating func clear() {
    if isDrawn { try? Terminal.write("\r\u{1b}[K", to: 2) }
    isDrawn = false
  }

  private mutating func draw(_ phase: String, _ done: Int, _ total: Int, _ name: String) {
    let now = Progress.now()
    if phase != self.phase {
      self.phase = phase
      phaseStarted = now
      lastDrawn = Terminal.isInteractive ? -1 : now
    }
    guard now - lastDrawn >= (Terminal.isInteractive ? 0.1 : 10) else { return }
    lastDrawn = now
    let percent = done * 100 / max(total, 1)
    let left =
      done > 0 && now - phaseStarted > 1
      ? ", \(Int((now - phaseStarted) * Double(total - done) / Double(done)) + 1) s left" : ""
    let text = "\(phase) \(percent) %\(left)"
    if Terminal.isInteractive {
      let line = String("\(text) · \(name)".prefix(max(Terminal.width - 1, 20)))
      try? Terminal.write("\r\u{1b}[K" + line, to: 2)
      isDrawn = true
    } else {
      Terminal.note(text)
    }
  }

  private static func now() -> Double {
    var time = timespec()
    // SAFETY: one timespec, written during the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
