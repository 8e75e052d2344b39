import Plan
import Testing

@testable import Record

@Suite("Mutated files decode or throw, and never trap")
struct FuzzTests {
  @Test("random mutations of golden files", arguments: RecordFile.ofRun)
  func mutations(_ file: RecordFile) {
    var random = SeededGenerator.printed("fuzz \(file.rawValue)")
    let golden = goldenRun().encoded(file)
    let bites: [[UInt8]] = [
      [CSV.quote], [CSV.comma], [CSV.lineFeed], [CSV.carriageReturn], [0], [0xFF], [0xC3],
      Array("99999999999999999999".utf8), Array("nan".utf8), Array("-1".utf8), Array("\"\"".utf8),
      Array("1e400".utf8), [],
    ]
    var decoded = 0
    var refused = 0
    for _ in 0..<1_000 {
      var bytes = golden
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(place...)
        case 3:
          // Another digit for a digit: mostly still a file, of other values.
          let digits = bytes.indices.filter { (48...57).contains(bytes[$0]) }
          guard let digit = digits.randomElement(using: &random) else { continue }
          bytes[digit] = UInt8.random(in: 48...57, using: &random)
        case 2:
          let end = min(bytes.count, place + Int.random(in: 0..<40, using: &random))
          bytes.replaceSubrange(place..<end, with: bites.randomElement(using: &random) ?? [])
        default: bytes.insert(contentsOf: bites.randomElement(using: &random) ?? [], at: place)
        }
      }
      do {
        let run = goldenRun()
        let read = try RunRecord { $0 == file ? bytes : run.encoded($0) }
        // What was accepted means something: it survives its own text.
        #expect(try RunRecord { read.encoded($0) } == read)
        decoded += 1
      } catch {
        #expect(error.file == file || error.line == nil)
        #expect(!error.reason.isEmpty)
        refused += 1
      }
    }
    #expect(refused > 300)
    #expect(decoded > 20)
  }
}
