import Foundation
import Testing

@testable import FSDAX
@testable import Plan
@testable import Runner

/// The scenarios of specification section 12.1, as traces in files.
enum ScenarioFiles {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Conform/Scenarios").standardized

  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".trace") }.sorted()

  static func trace(_ name: String) throws -> Trace {
    try Trace(parsing: String(contentsOf: folder.appending(path: name), encoding: .utf8))
  }

  /// The number that a file's name begins with: `138`, `xfs/207`.
  static func number(_ name: String) -> String {
    let words = name.split(separator: "-")
    return words[0] == "xfs" ? "xfs/\(words[1])" : String(words[0])
  }

  /// All numbers of section 12.1.
  static let wanted: [String] = {
    let plain = [
      138, 139, 140, 142, 143, 148, 149, 180, 146, 179, 178, 156, 264, 649, 734, 183, 185, 188, 189,
      190, 191, 194, 195, 196, 197, 199, 200, 284, 287, 289, 290, 291, 292, 293, 295, 657, 658, 659,
      660, 661, 662, 663, 664, 665, 666, 669, 667, 668, 202, 203, 296, 578, 134, 181, 157, 303, 513,
      673, 675, 514, 515, 518, 540, 541, 542, 543, 544, 407, 408, 121, 122, 516, 136, 137, 158, 182,
      304, 374, 517, 630, 674, 171, 172, 173, 174, 265, 266, 267, 268, 271, 272, 276, 278, 279, 281,
      282, 283, 307, 308,
    ]
    let xfs = [
      207, 208, 209, 210, 212, 215, 218, 219, 221, 223, 224, 225, 226, 228, 230, 243, 231, 232, 420,
      421, 179, 550, 551, 552,
    ]
    return plain.map(String.init) + xfs.map { "xfs/\($0)" }
  }()

  /// Why there is no trace of a number.
  static let leftOut: [String: String] = {
    var reasons: [String: String] = [:]
    func leave(_ numbers: [String], _ reason: String) {
      for number in numbers { reasons[number] = reason }
    }
    leave(["374"], "needs two mounts of one filesystem")
    leave(["630"], "is a race of threads, which steps in a row are not")
    leave(
      ["171", "172", "173", "174"],
      "fills a filesystem, and says only that it stays whole: which call meets the end first is "
        + "the allocator's affair, and the model has another; its tests fill a small volume")
    leave(
      ["265", "266", "267", "268", "271", "272", "276", "278", "279", "281", "282", "283"],
      "needs a device that fails")
    leave(["xfs/212", "307", "308"], "needs a crash")
    leave(["xfs/231", "xfs/232"], "waits minutes for a background task")
    leave(["xfs/209"], "is about hints that folders hand on; the model has no folders")
    leave(["xfs/179"], "needs a count of references set by a debugger")
    leave(["xfs/550", "xfs/551", "xfs/552"], "needs poisoned memory")
    return reasons
  }()

  /// The steps that a number is about, where its description names any: without them the trace is
  /// another's.
  static let subjects: [String: [TraceVerb]] = {
    var subjects: [String: [TraceVerb]] = [:]
    func about(_ verbs: [TraceVerb], _ numbers: [Int], _ xfs: [Int] = []) {
      for number in numbers { subjects[String(number), default: []] += verbs }
      for number in xfs { subjects["xfs/\(number)", default: []] += verbs }
    }
    about(
      [.direct], [139, 143, 183, 188, 190, 194, 196, 199, 203, 284, 289, 291, 293, 668],
      [215, 219, 223, 225, 228, 421])
    about([.store], [140, 578, 669] + Array(657...666))
    about([.zero], [149, 180])
    about([.punch], [146, 178, 179])
    about([.unshare], [156, 264, 649, 734])
    about([.truncate], [148])
    about([.pieces], [183, 185], [208])
    about([.nextData], [667, 668, 669], [420, 421])
    about([.touched], [407, 408])
    about([.limit], [514])
    about([.dedupe], [121, 122, 136, 137, 158, 182, 304, 408, 516, 517, 674])
    about([.changed, .setCapability], [513])
    about([.setIDs, .ids, .administrator], [673, 674])
    about([.setCapability, .hasCapability], [674, 675])
    about([.hint], [], [207, 208, 210, 215, 218, 219, 221, 223, 224, 225, 226, 228, 230, 243])
    about([.hinted], [], [207, 210, 243])
    about([.extentHint], [], [208])
    return subjects
  }()
}

@Suite("Conformance scenarios")
struct ScenarioTests {
  @Test("every number of section 12.1 has a trace, or a reason why not")
  func complete() {
    let numbers = Set(ScenarioFiles.names.map(ScenarioFiles.number))
    #expect(ScenarioFiles.names.count == numbers.count)
    for number in ScenarioFiles.wanted {
      #expect(
        numbers.contains(number) != (ScenarioFiles.leftOut[number] != nil), "number \(number)")
    }
    #expect(numbers.isSubset(of: ScenarioFiles.wanted))
    #expect(Set(ScenarioFiles.leftOut.keys).isSubset(of: ScenarioFiles.wanted))
  }

  @Test("each trace has the steps that its number is about")
  func subjects() throws {
    for name in ScenarioFiles.names {
      let verbs = Set(try ScenarioFiles.trace(name).steps.map(\.verb))
      let missing = Set(ScenarioFiles.subjects[ScenarioFiles.number(name)] ?? [])
        .subtracting(verbs)
      #expect(missing.isEmpty, "\(name)")
    }
  }

  /// Anything but a write may send what waits in the page cache to the device, or does so: looks
  /// at blocks, seeks and drops sync the file first.
  @Test("blocks that wait for their place still do so when the tested write meets them")
  func delayed() throws {
    let kinds = ["-delalloc", "-mix-all", "-hint-all", "-mix-from-hole"]
    let names = ScenarioFiles.names.filter { name in kinds.contains { name.contains($0) } }
    #expect(names.count == 18)
    for name in names {
      let steps = try ScenarioFiles.trace(name).steps
      let tested = try #require(
        steps.lastIndex { [.write, .direct, .store].contains($0.verb) }, "\(name)")
      let last = steps[tested]
      // The writes before it have a seed of their own.
      let seed = try #require(
        steps[..<tested].last { $0.verb == .write && $0.file == last.file }?.numbers[2], "\(name)")
      let first = try #require(
        steps.firstIndex { $0.verb == .write && $0.numbers[2] == seed }, "\(name)")
      let waiting = steps[first..<tested]
      #expect(waiting.allSatisfy { $0.verb == .write && $0.file == last.file }, "\(name)")
      #expect(waiting.count >= 6, "\(name)")
      let range = last.range.position..<last.range.position + last.range.byteCount
      #expect(waiting.contains { range.contains($0.range.position) }, "\(name)")
    }
  }

  @Test("no two traces are the same, whatever their files are called")
  func distinct() throws {
    var names: [Trace: String] = [:]
    for name in ScenarioFiles.names {
      var trace = try ScenarioFiles.trace(name)
      var known: [String: String] = [:]
      for index in trace.steps.indices {
        for (place, file) in trace.steps[index].files.enumerated() {
          trace.steps[index].files[place] = known[file] ?? "f\(known.count)"
          known[file] = trace.steps[index].files[place]
        }
      }
      #expect(names[trace] == nil, "\(name) is \(names[trace] ?? "")")
      names[trace] = name
    }
  }

  @Test(
    "on the model, with the bytes of a naive oracle", arguments: ScenarioFiles.names)
  func onModel(name: String) throws {
    let trace = try ScenarioFiles.trace(name)
    #expect(trace.steps.contains { $0.verb == .map || $0.expected != nil })
    for personality in Personality.allCases
    where ["any", personality.rawValue].contains(trace.personality) {
      let model = try ModelExecutor(personality, byteCount: 16 << 20)
      var oracle = TraceOracle()
      var isFollowed = true
      for step in trace.steps {
        let result = model.run(step).result
        if let expected = step.expected {
          try #require(result == expected, "\(name), \(personality), \(step): \(result)")
        }
        isFollowed = oracle.apply(step, result) && isFollowed
        guard isFollowed else { continue }
        for (file, size) in model.sizes() {
          let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = model.read(file, at: 0, into: UnsafeMutableRawBufferPointer(buffer)) ?? 0
          }
          try #require(bytes == oracle.files[file], "\(name), \(personality), \(step): \(file)")
        }
      }
    }
  }
}
