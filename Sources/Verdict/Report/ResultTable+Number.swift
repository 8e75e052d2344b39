extension ResultTable {
  /// Numbers as text: three significant digits where they are known, never an exponent a person
  /// would meet.
  enum Number {
    /// A number with a fixed count of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
      var scale = 1.0
      for _ in 0..<decimals { scale *= 10 }
      let scaled = (value.magnitude * scale).rounded()
      guard scaled < 1e15 else { return "\(value)" }
      let whole = String(Int(scaled))
      let sign = value < 0 && scaled > 0 ? "-" : ""
      if decimals == 0 { return sign + whole }
      let padded = String(repeating: "0", count: max(0, decimals + 1 - whole.count)) + whole
      return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// Decimals that leave three significant digits.
    static func decimals(_ value: Double) -> Int {
      value.magnitude < 9.995 ? 2 : value.magnitude < 99.95 ? 1 : 0
    }

    /// A number with its precision chosen by its size.
    static func plain(_ value: Double) -> String { fixed(value, decimals(value)) }

    /// A share as a whole percentage, without the sign.
    static func percent(_ share: Double) -> String { fixed(share * 100, 0) }

    /// A relative change in per cent, signed, without the percent sign.
    static func change(_ change: Double) -> String {
      let text = fixed(change * 100, change.magnitude < 0.9995 ? 1 : 0)
      return change > 0 ? "+" + text : text
    }

    /// A byte count in words: `512 B`, `4 KiB`, `2 MiB`; exact.
    static func bytes(_ count: Int) -> String {
      if count >= 1 << 30, count % (1 << 30) == 0 { return "\(count >> 30) GiB" }
      if count >= 1 << 20, count % (1 << 20) == 0 { return "\(count >> 20) MiB" }
      if count >= 1 << 10, count % (1 << 10) == 0 { return "\(count >> 10) KiB" }
      return "\(count) B"
    }
  }

  /// A unit of time, chosen once for a group by its fastest row.
  enum Unit {
    case nanoseconds, microseconds, milliseconds

    init(for nanoseconds: Double) {
      self =
        nanoseconds < 10_000
        ? .nanoseconds : nanoseconds < 10_000_000 ? .microseconds : .milliseconds
    }

    var nanoseconds: Double {
      switch self {
      case .nanoseconds: 1
      case .microseconds: 1_000
      case .milliseconds: 1_000_000
      }
    }

    var symbol: String {
      switch self {
      case .nanoseconds: "ns"
      case .microseconds: "µs"
      case .milliseconds: "ms"
      }
    }

    var word: String {
      switch self {
      case .nanoseconds: "nanoseconds"
      case .microseconds: "microseconds"
      case .milliseconds: "milliseconds"
      }
    }
  }
}
