/// Holm's step-down correction for a family of tests.
///
/// Source: S. Holm, A simple sequentially rejective multiple test procedure, 1979.
public enum Holm {
  /// The adjusted p-values, in the order given.
  ///
  /// Rejecting those at or below a level keeps the probability of any false rejection in the
  /// family at or below that level, whatever the dependence.
  ///
  /// - Parameters:
  ///   - pValues: The p-values of the tests to correct.
  ///   - familySize: All tests made, when only the smallest p-values are given; at least
  ///     `pValues.count`.
  /// - Returns: One adjusted p-value, at most 1, for each p-value.
  public static func adjusted(_ pValues: [Double], familySize: Int? = nil) -> [Double] {
    let size = familySize ?? pValues.count
    precondition(size >= pValues.count, "the family holds every test")
    var adjusted = pValues
    var largest = 0.0
    let ascending = pValues.indices.sorted { pValues[$0] < pValues[$1] }
    for (step, index) in ascending.enumerated() {
      largest = max(largest, min(1, Double(size - step) * pValues[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}
