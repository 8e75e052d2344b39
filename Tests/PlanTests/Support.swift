import Foundation
import Plan
import Suites

/// A generator whose seed is printed; `TEST_SEED` brings a failing case back.
func printedGenerator(_ name: String) -> SeededGenerator {
  let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
  let seed = given ?? UInt64.random(in: 0...UInt64.max)
  print("\(name): TEST_SEED=\(seed)")
  return SeededGenerator(seed: seed)
}

/// A cell whose every field is drawn, absent ones included; not necessarily one that can run.
func randomCell(_ generator: inout SeededGenerator) -> Cell {
  var p = Parameters()
  p.sizeBytes = number(&generator)
  p.positionBytes = number(&generator)
  p.lengthBytes = number(&generator)
  p.alignmentBytes = number(&generator)
  p.extentBytes = number(&generator)
  p.sourceState = word(SourceState.allCases, &generator)
  p.durable = word([false, true], &generator)
  p.cacheState = word(CacheState.allCases, &generator)
  p.memory = word(MemoryKind.allCases, &generator)
  p.pages = word(PageRequest.allCases, &generator)
  p.access = word(FaultAccess.allCases, &generator)
  p.threads = Int.random(in: 1...Int.max, using: &generator)
  p.mismatch = word(Mismatch.allCases, &generator)
  let names = ["copy", "a,b", "\"quoted\"", "ü", " ", "avx2-nt", "libc+clwb"]
  func name() -> String { names.randomElement(using: &generator) ?? "copy" }
  return Cell(
    suite: name(), operation: Operation.allCases.randomElement(using: &generator) ?? .copy,
    engine: name(), routine: name(), parameters: p)
}

private func number(_ generator: inout SeededGenerator) -> Int? {
  switch Int.random(in: 0..<5, using: &generator) {
  case 0: nil
  case 1: 0
  case 2: Int.max
  default: Int.random(in: 0...Int.max, using: &generator)
  }
}

private func word<Word>(_ words: [Word], _ generator: inout SeededGenerator) -> Word? {
  Bool.random(using: &generator) ? words.randomElement(using: &generator) : nil
}

/// A copy cell that differs from others by its routine and size alone.
func copyCell(_ routine: String, size: Int) -> Cell {
  var p = Parameters()
  p.sizeBytes = size
  p.durable = false
  p.cacheState = .l1
  return Cell(suite: "copy", operation: .copy, engine: "core", routine: routine, parameters: p)
}
