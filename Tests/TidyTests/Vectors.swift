import Foundation

/// The vectors and hazards of the fsdax specification, and where the display names of tests name
/// them.
///
/// `scripts/vectors` reads the table from here.
enum Vectors {
  /// How many there are with each letter, numbered from 1.
  static let counts: KeyValuePairs<String, Int> = [
    "I": 15,  // iomap
    "C": 18,  // edge copies
    "W": 16,  // read, write, zero, unshare
    "F": 18,  // faults
    "D": 24,  // clone and dedupe
    "X": 14,  // XFS
    "B": 9,  // Btrfs
    "N": 13,  // failure notices
    "P": 11,  // poison
    "K": 10,  // flushes
    "H": 14,  // hazards
  ]

  /// All of them in the table's order: `I-1`, …, `H14`.
  static let all: [String] = counts.flatMap { letter, count in
    (1...count).map { id(letter, $0) }
  }

  /// How a vector is written; hazards have no hyphen.
  static func id(_ letter: some StringProtocol, _ number: Int) -> String {
    letter == "H" ? "H\(number)" : "\(letter)-\(number)"
  }

  /// The display names of the tests and suites of a file.
  static func displayNames(in text: String) -> [String] {
    // A name is the first argument, perhaps on a line of its own.
    text.matches(of: /@(?:Test|Suite)\(\s*"((?:[^"\\\n]|\\.)*)"/).map { String($0.1) }
  }

  /// The vectors a display name claims; ranges such as `C-1 to C-9` claim what lies between.
  static func claimed(by name: String) -> Set<String> {
    var ids: Set<String> = []
    // The lookbehind of others: no letter, digit or hyphen may stand before an id.
    let pattern = /(^|[^A-Za-z0-9-])([A-Z])(-?)(\d+)(?:(?:\s+to\s+|\.\.\.|…)([A-Z])(-?)(\d+))?\b/
    for match in name.matches(of: pattern) {
      guard let first = Int(match.4), (match.2 == "H") == match.3.isEmpty else { continue }
      ids.insert(id(match.2, first))
      guard let letter = match.5, letter == match.2, match.6 == match.3,
        let last = match.7.flatMap({ Int($0) }), first <= last, last < 100
      else { continue }
      for number in first...last { ids.insert(id(match.2, number)) }
    }
    return ids
  }
}
