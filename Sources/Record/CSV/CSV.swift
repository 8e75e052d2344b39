/// The bytes CSV gives a meaning to, and the text of one field.
enum CSV {
  static let quote = UInt8(ascii: "\"")
  static let comma = UInt8(ascii: ",")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")

  /// Appends a field, quoted only when it must be.
  static func append(_ text: String, to bytes: inout [UInt8]) {
    let plain = text.utf8.allSatisfy {
      $0 != quote && $0 != comma && $0 != lineFeed && $0 != carriageReturn
    }
    if plain {
      bytes.append(contentsOf: text.utf8)
      return
    }
    bytes.append(quote)
    for byte in text.utf8 {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }

  /// The text of a raw field, quotes removed; nil when it is not UTF-8.
  static func text(of raw: ArraySlice<UInt8>) -> String? {
    guard raw.first == quote else { return String(validating: raw, as: UTF8.self) }
    var content: [UInt8] = []
    content.reserveCapacity(raw.count)
    var afterQuote = false
    for byte in raw.dropFirst().dropLast() {
      // The scanner let only pairs of quotes through: keep the first of each.
      if byte == quote, afterQuote {
        afterQuote = false
      } else {
        content.append(byte)
        afterQuote = byte == quote
      }
    }
    return String(validating: content, as: UTF8.self)
  }
}
