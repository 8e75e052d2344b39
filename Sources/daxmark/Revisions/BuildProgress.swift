internal import CHost

/// What a build is doing, on standard error: a redrawn line on a terminal, a line every ten
/// seconds elsewhere.
struct BuildProgress {
  private var last = ""
  private var subject = Substring()
  private var lastShown: Int64 = 0
  private var isDrawn = false

  /// Shows a text that ends in a comma and the time gone.
  mutating func show(_ text: String) {
    guard text != last else { return }
    last = text
    if Terminal.isInteractive {
      try? Terminal.write("\r\u{1b}[K" + text.prefix(max(Terminal.width - 1, 20)), to: 2)
      isDrawn = true
      return
    }
    let newSubject = text.lastIndex(of: ",").map { text[..<$0] } ?? text[...]
    let now = chost_wall_ns()
    guard newSubject != subject || now - lastShown >= 10_000_000_000 else { return }
    subject = newSubject
    lastShown = now
    Terminal.note(text)
  }

  /// Removes the line.
  mutating func clear() {
    if isDrawn { try? Terminal.write("\r\u{1b}[K", to: 2) }
    isDrawn = false
  }
}
