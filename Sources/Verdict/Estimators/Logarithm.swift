/// Natural logarithm and exponential of Doubles, the same bits on every machine and C library.
///
/// Stored verdicts must not depend on the libm a program was linked with, and this target has no
/// effects to import. Error: below 2 units in the last place against glibc over the tested range.
public enum Logarithm {
  /// ln 2 in two parts: the first has trailing zeros, so that k · high is exact.
  private static let ln2High = 0x1.62e42fee00000p-1
  private static let ln2Low = 0x1.a39ef35793c76p-33

  /// The natural logarithm of a positive finite value.
  ///
  /// Traps otherwise.
  public static func log(_ value: Double) -> Double {
    precondition(value > 0 && value.isFinite, "a logarithm needs a positive number")
    var mantissa = value.significand
    var exponent = Double(value.exponent)
    if mantissa > 2.0.squareRoot() {
      mantissa /= 2
      exponent += 1
    }
    // log m = 2 atanh z with z = (m − 1)/(m + 1), |z| < 0.172: eleven terms reach 1e-18.
    let f = mantissa - 1
    let z = f / (2 + f)
    let square = z * z
    var tail = 0.0
    for odd in stride(from: 23, through: 3, by: -2) { tail = (tail + 1 / Double(odd)) * square }
    // 2z = f − z·f: keeping f apart keeps its last bits.
    let small = exponent * ln2Low - (z * f - 2 * z * tail)
    return exponent * ln2High + (f + small)
  }

  /// The exponential of a finite value between −700 and 700.
  ///
  /// Traps otherwise.
  public static func exp(_ value: Double) -> Double {
    precondition(abs(value) <= 700, "an exponential within range")
    // The nearest whole number by conversion: `rounded()` is a call into libm before SSE 4.1.
    let count = Double(Int(value / (ln2High + ln2Low) + (value < 0 ? -0.5 : 0.5)))
    let rest = (value - count * ln2High) - count * ln2Low
    var sum = 0.0
    for term in stride(from: 20, through: 1, by: -1) { sum = (1 + sum) * rest / Double(term) }
    return Double(sign: .plus, exponent: Int(count), significand: 1 + sum)
  }
}
