import Foundation
import Testing

/// A side of a duel that does not work: exit 1, and a sentence that names it.
@Suite struct DuelFailureTests {
  @Test(
    "a worker that ends, or is no daxmark, is named with its side",
    arguments: [
      ("exit 3", "the worker died with exit code 3.", 8),
      ("kill -9 $$", "the worker died of signal 9.", 2),
      ("read x; echo hello 99 nothing; sleep 60", "is not of protocol 2.", 2),
    ])
  func noWorker(body: String, words: String, rounds: Int) throws {
    let scratch = try Scratch()
    let other = scratch.path("other")
    // A child writes it: a descriptor of ours could be in other tests' children, and it be busy.
    let writer = try Process.run(
      URL(filePath: "/bin/sh"),
      arguments: [
        "-c", "printf '%s\\n' '#!/bin/sh' \"$1\" >\"$0\" && chmod +x \"$0\"", other, body,
      ])
    writer.waitUntilExit()
    // It is greeted while it ends: who writes too late must not be ended by the broken pipe.
    for round in 0..<rounds {
      let isA = round % 2 == 0
      let sides = isA ? [other, Daxmark.path] : [Daxmark.path, other]
      let duel = try Daxmark(
        ["duel"] + sides + ["--out", scratch.path("out")], in: scratch.root, isDeafToPipes: false
      ).wait()
      #expect(duel.code == 1, "round \(round)")
      #expect(duel.sentence.hasPrefix("daxmark: The duel ended on side \(isA ? "A" : "B") ('/"))
      #expect(duel.sentence.contains("/other'): "), "\(duel.sentence)")
      #expect(duel.sentence.hasSuffix(words), "\(duel.sentence)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
    }
  }
}
