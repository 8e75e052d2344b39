/// The 64-bit Fowler-Noll-Vo hash, variant 1a: the same on every machine, not cryptographic.
///
/// Source: RFC 9923, "The FNV Non-Cryptographic Hash Algorithm".
public struct FNV1a: Sendable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The hash of some bytes.
  public init(_ bytes: [UInt8]) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
  }

  /// The hash of a text's UTF-8 bytes.
  init(_ text: String) { self.init(Array(text.utf8)) }

  /// Sixteen hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
