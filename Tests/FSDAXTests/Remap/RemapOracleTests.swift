import Testing

@testable import FSDAX

/// Random clones and dedupes of small files, against byte arrays and counted references.
@Suite("Clone and dedupe against a naive model")
struct RemapOracleTests {
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  private static let fileCount = 4
  private static let block = 4096

  /// References as the specification counts them: places in data forks.
  private func checkCounts(_ fixture: RemapFixture, _ files: [FileID], _ note: Comment) throws {
    var references: [UInt32: UInt32] = [:]
    for file in files {
      for extent in try fixture.extents(file) {
        for block in extent.deviceBlocks { references[block, default: 0] += 1 }
      }
    }
    for (block, count) in references {
      let index = fixture.volume.groups.index(of: block)
      #expect(fixture.volume.groups[index].state.count(of: block) == count, note)
    }
  }

  /// What FICLONERANGE must give for model files, by rules stated apart from those of the library.
  private func expectedClone(
    _ source: [UInt8], _ from: Int, _ count: Int, _ target: [UInt8], _ to: Int, isSame: Bool
  ) -> [UInt8]? {
    var count = count
    if count == 0 {
      if from == source.count { return target }
      if from > source.count { return nil }
      count = source.count - from
    }
    if from % Self.block != 0 || to % Self.block != 0 || from + count > source.count { return nil }
    let reachesEnd = from + count == source.count
    if count % Self.block != 0, !reachesEnd || to + count < target.count { return nil }
    let blocks = (count + Self.block - 1) / Self.block * Self.block
    if isSame, abs(from - to) < blocks { return nil }
    var result = target
    if result.count < to + count {
      result += [UInt8](repeating: 0, count: to + count - result.count)
    }
    result.replaceSubrange(to..<to + count, with: source[from..<from + count])
    return result
  }

  @Test("Contents and references after random operations", arguments: bothProfiles, 1...4)
  func random(profile: Profile, seed: Int) throws {
    try run(profile, seed: UInt64(seed))
  }

  private func run(_ profile: Profile, seed: UInt64) throws {
    let note: Comment = "seed \(seed)"
    var random = Random(state: seed)
    let fixture = try RemapFixture(profile, byteCount: 2 << 20)
    let free = fixture.volume.freeByteCount
    var model = [[UInt8]](repeating: [], count: Self.fileCount)
    var files: [FileID] = []
    for index in model.indices {
      // Few values, so that equal blocks are common.
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let value = UInt8.random(in: 1...2, using: &random)
        model[index] += [UInt8](repeating: value, count: Self.block)
      }
      model[index].removeLast(Int.random(in: 0..<3, using: &random) * 1000)
      files.append(try fixture.file(model[index]))
    }
    for _ in 0..<120 {
      let source = Int.random(in: 0..<Self.fileCount, using: &random)
      let target = Int.random(in: 0..<Self.fileCount, using: &random)
      let unaligned = Int.random(in: 0..<8, using: &random) == 0 ? 512 : 0
      let from = Int.random(in: 0..<7, using: &random) * Self.block + unaligned
      let to = Int.random(in: 0..<7, using: &random) * Self.block
      let ends = [0, Self.block, 2 * Self.block, max(model[source].count - from, 0), 1000]
      let count = ends[Int.random(in: 0..<ends.count, using: &random)]
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let bytes = [UInt8](
          repeating: .random(in: 1...2, using: &random),
          count: Int.random(in: 1...5000, using: &random))
        try fixture.write(bytes, to: files[target], at: to)
        let end = to + bytes.count
        if end > model[target].count {
          model[target] += [UInt8](repeating: 0, count: end - model[target].count)
        }
        model[target].replaceSubrange(to..<end, with: bytes)
      case 1:
        let before = try fixture.trace(files[target])
        let wasModified = before.attributes.modified
        let result = outcome { try fixture.dedupe(files[source], from, count, files[target], to) }
        let after = try fixture.trace(files[target])
        if (try? result.get())?.status != DedupeResult.same {
          #expect(after == before, note)
        }
        #expect(after.attributes.modified == wasModified, note)
        if case .success(let result) = result, result.status == DedupeResult.same {
          let again = try fixture.dedupe(files[source], from, count, files[target], to)
          #expect(again == result, note)
          #expect(try fixture.trace(files[target]) == after, note)
          let whole = count / Self.block * Self.block
          if whole > 0 {
            #expect(
              model[source][from..<from + whole] == model[target][to..<to + whole], note)
          }
        }
      default:
        let expected = expectedClone(
          model[source], from, count, model[target], to, isSame: source == target)
        let result = fixture.clone(files[source], from, count, files[target], to)
        if let expected {
          model[target] = expected
          #expect((try? result.get()) != nil, note)
        } else {
          #expect(result == .failure(.EINVAL), note)
        }
      }
      for index in files.indices { #expect(try fixture.bytes(files[index]) == model[index], note) }
      try checkCounts(fixture, files, note)
    }
    for file in files { try fixture.volume.remove(file) }
    #expect(fixture.volume.freeByteCount == free, note)
  }
}
