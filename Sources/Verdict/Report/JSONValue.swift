/// A JSON document, built by hand: names keep their order, so that two reports can be compared.
enum JSONValue {
  case null
  case flag(Bool)
  case whole(Int)
  case number(Double)
  case string(String)
  case list([JSONValue])
  case object([(name: String, value: JSONValue)])

  init(_ number: Double?) { self = number.map { .number($0) } ?? .null }

  /// The document, broken into lines where a person would look: the outer two levels.
  var text: String {
    var text = ""
    write(to: &text, depth: 0)
    return text + "\n"
  }

  private func write(to text: inout String, depth: Int) {
    switch self {
    case .null: text += "null"
    case .flag(let flag): text += flag ? "true" : "false"
    case .whole(let number): text += String(number)
    // JSON has no infinities and no NaN.
    case .number(let number): text += number.isFinite ? number.description : "null"
    case .string(let string): Self.write(string, to: &text)
    case .list(let values):
      Self.write(values, between: ("[", "]"), to: &text, depth: depth) { value, text in
        value.write(to: &text, depth: depth + 1)
      }
    case .object(let members):
      Self.write(members, between: ("{", "}"), to: &text, depth: depth) { member, text in
        Self.write(member.name, to: &text)
        text += ": "
        member.value.write(to: &text, depth: depth + 1)
      }
    }
  }

  private static func write<Element>(
    _ elements: [Element], between brackets: (String, String), to text: inout String, depth: Int,
    _ body: (Element, inout String) -> Void
  ) {
    let isBroken = depth < 2 && !elements.isEmpty
    func newLine(_ depth: Int) -> String {
      isBroken ? "\n" + String(repeating: "  ", count: depth) : ""
    }
    text += brackets.0
    for (index, element) in elements.enumerated() {
      if index > 0 { text += isBroken ? "," : ", " }
      text += newLine(depth + 1)
      body(element, &text)
    }
    text += newLine(depth) + brackets.1
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      // Control characters must be escaped; U+2028 and U+2029 end a line in JavaScript.
      case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
