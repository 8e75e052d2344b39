import Foundation
import Plan
import Testing

@testable import Record

@Suite("Rows of the self-test")
struct SelfTestStepTests {
  static func golden() -> [SelfTestStep] {
    var clean = SelfTestStep(
      version: 1, commit: "46effba00000", startedUnix: 1_795_000_000, mode: "quick",
      step: "a-a", passed: true, values: [.init("order_effect", -0.0004), .init("sd", 0.0021)])
    clean.trials = 240
    clean.failures = 0
    clean.inconclusive = 1
    clean.shareMaximum = 0
    clean.shareLow = 0
    clean.shareHigh = 0.0152528
    let only = SelfTestStep(
      version: 1, commit: "46effba00000", startedUnix: 1_795_000_000, mode: "quick",
      step: "dispersion", passed: false, values: [.init("sd_maximum", 0.009)],
      detail: "copy \"64 MiB\" varies by 0.9 %, the limit is 0.8 %")
    return [clean, only]
  }

  @Test("the golden steps are written as they always were")
  func stored() throws {
    let path = GoldenTests.folder(schemaVersion).appending(path: "selftest.csv")
    let bytes = Data(SelfTestStep.encoded(Self.golden()))
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try bytes.write(to: path) }
    let stored = try Data(contentsOf: path)
    #expect(stored == bytes, "UPDATE_GOLDEN=1 rewrites")
    #expect(try SelfTestStep.decoded(Array(stored)) == Self.golden())
    #expect(
      String(decoding: bytes.prefix { $0 != CSV.lineFeed }, as: UTF8.self)
        == RecordFile.selfTest.columns.joined(separator: ","))
  }

  @Test("random steps with nasty text decode to themselves")
  func everyStepSurvives() throws {
    var maker = RowMaker(random: .printed("self-test round trip"))
    for _ in 0..<200 {
      let steps = (0..<6).map { number -> SelfTestStep in
        let values = (0..<Int.random(in: 0...3, using: &maker.random)).map { _ in
          let name = maker.text(empty: false).filter { $0 != "=" && $0 != ";" }
          let sign = Bool.random(using: &maker.random) ? 1.0 : -1.0
          return SelfTestStep.Value("v" + name, sign * (maker.optionalNumber() ?? 0))
        }
        var step = SelfTestStep(
          version: max(1, maker.count()), commit: maker.text(), startedUnix: maker.count(),
          mode: maker.text(), step: "\(number)" + maker.text(),
          passed: Bool.random(using: &maker.random), values: values, detail: maker.text())
        step.trials = maker.optionalCount()
        step.failures = step.trials.flatMap { $0 == 0 ? nil : $0 / 2 }
        step.inconclusive = step.trials
        step.shareMaximum = maker.optionalNumber()
        step.shareLow = maker.optionalNumber()
        step.shareHigh = maker.optionalNumber()
        return step
      }
      #expect(try SelfTestStep.decoded(SelfTestStep.encoded(steps)) == steps)
    }
    #expect(try SelfTestStep.decoded(SelfTestStep.encoded([])).isEmpty)
  }

  /// The golden file with one field of its second line changed.
  private func decode(_ column: String, _ value: String) throws -> [SelfTestStep] {
    let text = String(decoding: SelfTestStep.encoded(Self.golden()), as: UTF8.self)
    var lines = text.components(separatedBy: "\n")
    let place = try #require(lines[0].components(separatedBy: ",").firstIndex(of: column))
    var fields = lines[1].components(separatedBy: ",")
    fields[place] = value
    lines[1] = fields.joined(separator: ",")
    return try SelfTestStep.decoded(Array(lines.joined(separator: "\n").utf8))
  }

  @Test(
    "a bad field is named",
    arguments: [
      ("schema", "4"), ("self_test_version", "0"), ("started_unix", "-1"), ("trials", "many"),
      ("failures", "241"), ("inconclusive", "241"), ("trials", ""), ("share_low", "NaN"),
      ("share_high", "-0.1"), ("values", "sd"), ("values", "sd="), ("values", "=1"),
      ("values", "sd=nan"), ("values", "sd=0x1p3"), ("values", "sd=1e999"), ("values", "sd=1;"),
      ("values", "sd=1=2"), ("passed", "2"), ("passed", ""), ("step", "dispersion"),
    ])
  func badField(column: String, value: String) {
    let error = #expect(throws: RecordError.self) { try decode(column, value) }
    #expect(error?.file == .selfTest)
    // The step that repeats is that of the next line; trials are missed where failures are counted.
    #expect(error?.line == (column == "step" ? 3 : 2))
    #expect(error?.column == (column == "trials" && value.isEmpty ? "inconclusive" : column))
  }

  @Test("the same step of another self-test is another row")
  func history() throws {
    var later = Self.golden()
    for index in later.indices { later[index].startedUnix += 1 }
    let both = Self.golden() + later
    #expect(try SelfTestStep.decoded(SelfTestStep.encoded(both)) == both)
    #expect(throws: RecordError.self) {
      try SelfTestStep.decoded(SelfTestStep.encoded(Self.golden() + Self.golden()))
    }
  }

  @Test("mutated files decode or throw, and never trap")
  func mutations() {
    var random = SeededGenerator.printed("fuzz selftest.csv")
    let golden = SelfTestStep.encoded(Self.golden())
    let bites = Array(",\"\n;=-+.eE0919x".utf8) + [0, 0xFF, 0xC3]
    var refused = 0
    for _ in 0..<2_000 {
      var bytes = golden
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = bites.randomElement(using: &random) ?? 0
        case 1: bytes.insert(bites.randomElement(using: &random) ?? 0, at: place)
        default: bytes.remove(at: place)
        }
      }
      do {
        let read = try SelfTestStep.decoded(bytes)
        #expect(try SelfTestStep.decoded(SelfTestStep.encoded(read)) == read)
      } catch {
        refused += 1
      }
    }
    #expect((200..<1_990).contains(refused))
  }
}
