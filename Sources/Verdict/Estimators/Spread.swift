/// How far values lie apart.
public enum Spread {
  /// The sample standard deviation, divisor n − 1; nil below two values.
  public static func standardDeviation(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let mean = Spread.mean(values)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The median absolute deviation from the median, not scaled.
  ///
  /// Multiply by 1.4826 to compare with a standard deviation of normal values. It is zero when
  /// more than half of the values are equal: never divide by it. Traps when `values` is empty.
  public static func medianAbsoluteDeviation(_ values: [Double]) -> Double {
    let median = OrderStatistics.median(values)
    return OrderStatistics.median(values.map { abs($0 - median) })
  }

  /// The arithmetic mean.
  ///
  /// Traps when `values` is empty.
  public static func mean(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "a mean needs a value")
    return values.reduce(0, +) / Double(values.count)
  }
}
