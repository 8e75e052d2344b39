/// Markdown of a bounded size: a comment that is too long is not posted at all.
struct MarkdownPage {
  /// GitHub takes 65,536 characters; what a bot puts around the report must fit as well.
  static let byteCountMaximum = 60_000
  /// Kept for the lines that say what was left out and close what is open.
  private static let reserve = 4_000

  private(set) var text = ""

  /// Appends a line that always fits: one of a handful, each short.
  mutating func line(_ content: String = "") { text += content + "\n" }

  /// Appends lines until they have used their share of what is left.
  ///
  /// - Parameters:
  ///   - lines: Whole lines, without their ends.
  ///   - share: Of the bytes left.
  /// - Returns: How many lines found no room.
  mutating func lines(_ lines: [String], share: Double = 1) -> Int {
    let left = max(0, Self.byteCountMaximum - Self.reserve - text.utf8.count)
    let end = text.utf8.count + Int(Double(left) * share)
    for (index, content) in lines.enumerated() {
      if text.utf8.count + content.utf8.count + 1 > end { return lines.count - index }
      line(content)
    }
    return 0
  }
}

/// Text that Markdown takes for nothing but text.
enum MarkdownText {
  /// A name, in the font of code, of which at most so many scalars are shown.
  static func code(_ text: String, atMost scalarsMaximum: Int = 300) -> String {
    "<code>\(escaped(text, inCode: true, scalarsMaximum))</code>"
  }

  /// A sentence, of which at most so many scalars are shown.
  static func prose(_ text: String, atMost scalarsMaximum: Int = 300) -> String {
    escaped(text, inCode: false, scalarsMaximum)
  }

  /// References instead of backslashes: they hold in tables, HTML and code alike.
  private static func escaped(_ text: String, inCode: Bool, _ scalarsMaximum: Int) -> String {
    let scalars = Array(text.unicodeScalars.prefix(scalarsMaximum + 1))
    var result = ""
    for (index, scalar) in scalars.prefix(scalarsMaximum).enumerated() {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "_" where isBetweenLetters(index, scalars): result += "_"
      case "|", "\\", "`", "*", "_", "[", "]", "~", "$", "!": result += "&#\(scalar.value);"
      // A name must not call a person or an issue: a space of no width parts the two.
      case "@", "#": result += "&#\(scalar.value);" + (inCode ? "" : "&#8203;")
      // These turn the direction of what follows.
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": result += "\u{FFFD}"
      case _ where isBreak(scalar): result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return scalars.count > scalarsMaximum ? result + "…" : result
  }

  private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Inside a word an underscore means nothing, and names are full of them.
  private static func isBetweenLetters(_ index: Int, _ scalars: [Unicode.Scalar]) -> Bool {
    guard index > 0, index + 1 < scalars.count else { return false }
    return [scalars[index - 1], scalars[index + 1]].allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
    }
  }
}
