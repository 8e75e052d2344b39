/// Finds the name a person probably meant.
public enum Nearest {
  /// The candidate with the smallest edit distance to `word`, or nil when none is near (more than a
  /// third of the longer word would have to change).
  ///
  /// Ties go to the earlier candidate.
  public static func name(to word: String, among candidates: [String]) -> String? {
    let scored = candidates.map { (name: $0, distance: distance(word, $0)) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    if !word.isEmpty, let prefixed = candidates.first(where: { $0.hasPrefix(word) }) {
      return prefixed
    }
    return best.distance * 3 <= max(word.utf8.count, best.name.utf8.count) + 2 ? best.name : nil
  }

  /// Edit distance with insertions, deletions, substitutions and swaps of neighbours.
  ///
  /// Cost: the product of both lengths. Source: the restricted Damerau-Levenshtein recurrence.
  public static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.utf8)
    let b = Array(second.utf8)
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var current = [i + 1]
      for j in b.indices {
        let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
        var best = min(substitution, previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[b.count]
  }
}
