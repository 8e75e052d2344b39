/// Why runs cannot become one baseline, in one sentence.
public struct BaselineError: Error, Equatable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  init(_ description: String) { self.description = description }
}
