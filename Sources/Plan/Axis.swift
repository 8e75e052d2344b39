/// A list of values in the sweep grammar of suites: `64,256,4KiB`, `64:*2:1MiB`, `1:+1:63`.
///
/// An axis is a comma-separated list of terms. A term is a value or a sweep `first:step:last` with
/// the step `*n` or `+n`; the last value is included when the steps meet it. Values are byte
/// counts, plain or with `KiB`, `MiB` or `GiB`. A sweep has at most 100 000 values.
public enum Axis {
  /// The values of an axis, in the order written.
  ///
  /// - Throws: `AxisError` naming the term that cannot be read.
  public static func values(_ text: String) throws(AxisError) -> [Int] {
    var values: [Int] = []
    for term in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = term.split(separator: ":", omittingEmptySubsequences: false)
      switch parts.count {
      case 1: values.append(try value(parts[0]))
      case 3: try sweep(parts, in: String(term), into: &values)
      default:
        throw AxisError(term: String(term), problem: "is neither a value nor first:step:last")
      }
    }
    return values
  }

  /// One byte count: `4096` or `4KiB`.
  public static func value(_ text: Substring) throws(AxisError) -> Int {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let shift: Int
    switch text.dropFirst(digits.count) {
    case "": shift = 0
    case "KiB": shift = 10
    case "MiB": shift = 20
    case "GiB": shift = 30
    default: throw AxisError(term: String(text), problem: "is not a number of bytes")
    }
    guard let number = Int(digits), number <= Int.max >> shift else {
      throw AxisError(term: String(text), problem: "is not a number of bytes")
    }
    return number << shift
  }

  private static let longest = 100_000

  private static func sweep(
    _ parts: [Substring], in term: String, into values: inout [Int]
  ) throws(AxisError) {
    guard let first = try? value(parts[0]), let last = try? value(parts[2]),
      let step = try? value(parts[1].dropFirst())
    else { throw AxisError(term: term, problem: "is not first:step:last, such as 64:*2:1MiB") }
    var current = first
    let end = values.count + longest + 1
    switch parts[1].first {
    case "*" where step > 1 && first > 0:
      while current <= last, values.count < end {
        values.append(current)
        let (next, overflow) = current.multipliedReportingOverflow(by: step)
        if overflow { break }
        current = next
      }
    case "+" where step > 0:
      while current <= last, values.count < end {
        values.append(current)
        let (next, overflow) = current.addingReportingOverflow(step)
        if overflow { break }
        current = next
      }
    default: throw AxisError(term: term, problem: "needs a step that grows, such as *2 or +64")
    }
    if first > last { throw AxisError(term: term, problem: "ends before it begins") }
    if values.count >= end { throw AxisError(term: term, problem: "has too many values") }
  }
}

/// An axis that cannot be read.
public struct AxisError: Error, Equatable, CustomStringConvertible {
  /// The term at fault.
  public let term: String
  /// What is wrong with it.
  public let problem: String

  /// One sentence.
  public var description: String { "'\(term)' \(problem)." }
}
