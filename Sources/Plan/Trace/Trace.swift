/// Steps on a filesystem that can be repeated: one a line, after a header.
///
/// ```
/// daxmark-trace 1
/// seed 42
/// personality xfs
/// block 4096
/// open a
/// write a 100 50 7
/// clone a 0 4096 b 0 = EINVAL
/// ```
///
/// Empty lines and what follows a `#` mean nothing.
public struct Trace: Hashable, Sendable, CustomStringConvertible {
  /// Where the steps came from; 0 for steps that somebody wrote.
  public var seed: UInt64
  /// Whose rules the model follows: `xfs`, `btrfs`, or `any` for steps that hold with all.
  public var personality: String
  /// Bytes of a block of the filesystem.
  public var blockByteCount: Int
  /// The steps.
  public var steps: [TraceStep]

  /// The words of the header that name a personality.
  public static let personalities = ["any", "xfs", "btrfs"]

  /// A trace from its parts.
  ///
  /// - Parameters:
  ///   - seed: Where the steps came from.
  ///   - personality: One of `personalities`.
  ///   - blockByteCount: Bytes of a block.
  ///   - steps: The steps.
  public init(
    seed: UInt64 = 0, personality: String, blockByteCount: Int = 4096, steps: [TraceStep] = []
  ) {
    self.seed = seed
    self.personality = personality
    self.blockByteCount = blockByteCount
    self.steps = steps
  }

  /// The text, which `init(parsing:)` reads.
  public var description: String {
    let header = [
      "daxmark-trace 1", "seed \(seed)", "personality \(personality)", "block \(blockByteCount)",
    ]
    return (header + steps.map(\.description)).joined(separator: "\n") + "\n"
  }
}

/// Why a text is no trace.
public struct TraceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public let line: Int
  /// What is wrong with it: a sentence.
  public let reason: String

  /// An error from its parts.
  public init(line: Int, reason: String) {
    self.line = line
    self.reason = reason
  }

  /// One sentence.
  public var description: String { "Line \(line) of the trace: \(reason)" }
}
