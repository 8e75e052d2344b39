extension ResultTable {
  /// The role of a piece of text; its colour follows from it.
  enum Style {
    case plain, heading, best, quiet, alarm

    var code: String {
      switch self {
      case .plain: ""
      case .heading: "\u{1B}[1m"
      case .best: "\u{1B}[1;32m"
      case .quiet: "\u{1B}[2m"
      case .alarm: "\u{1B}[31m"
      }
    }
  }

  /// Lines of text no wider than the terminal.
  struct Page {
    let options: TableOptions
    let width: Int
    private(set) var text = ""

    init(options: TableOptions) {
      self.options = options
      width = options.width <= 0 ? .max : max(options.width, 20)
    }

    mutating func blank() { text += "\n" }

    /// Writes one line; the caller has made it fit.
    mutating func line(_ content: String, _ style: Style = .plain) {
      var content = String(content.map(printable))
      while content.last == " " { content.removeLast() }
      let painted = options.color && !style.code.isEmpty && !content.isEmpty
      text += (painted ? style.code + content + "\u{1B}[0m" : content) + "\n"
    }

    /// Writes a text that breaks between words, its first line after `lead`, the others below it.
    mutating func paragraph(lead: String = "", _ content: String, _ style: Style = .plain) {
      let indent = min(lead.count, width / 2)
      var current = lead
      var isEmpty = true
      func room() -> Int { width - current.count - (isEmpty ? 0 : 1) }
      for word in content.split(whereSeparator: \.isWhitespace) {
        var word = word
        if !isEmpty, word.count > room() {
          line(current, style)
          (current, isEmpty) = (String(repeating: " ", count: indent), true)
        }
        while word.count > room() {
          line(current + word.prefix(max(room(), 1)), style)
          word = word.dropFirst(max(room(), 1))
          current = String(repeating: " ", count: indent)
        }
        current += (isEmpty ? "" : " ") + word
        isEmpty = false
      }
      line(current, style)
    }

    /// The character itself, or what stands for it; always one column, and never a control code.
    private func printable(_ character: Character) -> Character {
      if character.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
        return " "
      }
      if options.unicode || character.isASCII { return character }
      switch character {
      case "★": return "*"
      case "✗": return "x"
      case "▲": return "^"
      case "▼": return "v"
      case "×": return "x"
      case "µ": return "u"
      case "…": return "~"
      case "–", "—": return "-"
      default: return "?"
      }
    }
  }
}
