internal import ArgumentParser

/// Why a verb stops: one sentence for people, and the exit code CI reads (FORMAT.md, exit codes).
struct Failure: Error, CustomStringConvertible {
  enum Kind: Int32 {
    case tool = 1
    case unusableBaseline = 4
    case selfTestFailed = 5
    case usage = 64
    case interrupted = 130
  }

  let kind: Kind
  let sentence: String

  init(_ kind: Kind, _ sentence: String) {
    self.kind = kind
    self.sentence = sentence
  }

  var description: String { sentence }
}
