import Testing

@testable import FSDAX

@Suite("Comparison of ranges")
struct RangeCompareTests {
  /// A file of one block that reads zero, by what it is made of.
  private func block(_ fixture: RemapFixture, _ type: MappingType) throws -> FileID {
    switch type {
    case .mapped: return try fixture.file([UInt8](repeating: 0, count: 4096))
    case .unwritten:
      let file = try fixture.file()
      try fixture.volume.allocate(file, at: 0, byteCount: 4096)
      try fixture.overwriteMedium(file, 0, 0x55)
      return file
    default:
      let file = try fixture.file()
      try fixture.volume.truncate(file, to: 4096)
      return file
    }
  }

  @Test("The table of section 5.4, for blocks that all read zero", arguments: [true, false])
  func table(holesAreZeros: Bool) throws {
    let types: [MappingType] = [.hole, .mapped, .unwritten]
    for left in types {
      for right in types {
        let fixture = try RemapFixture { $0.comparesHolesAsZeros = holesAreZeros }
        let first = try block(fixture, left)
        let second = try block(fixture, right)
        let difference = try fixture.volume.compare(
          first, at: 0, with: second, at: 0, byteCount: 4096)
        let isSame = holesAreZeros || left == right || (left != .hole && right != .hole)
        #expect(difference == (isSame ? nil : 0), "\(left) \(right)")
      }
    }
  }

  @Test("The first difference, wherever it is, against a naive compare", arguments: [true, false])
  func everywhere(isDAX: Bool) throws {
    let fixture = try RemapFixture()
    let base = remapPattern(12_288)
    let source = try fixture.file(base) { $0.isDAX = isDAX }
    let zero = try fixture.file([UInt8](repeating: 0, count: 8192)) { $0.isDAX = isDAX }
    let unwritten = try fixture.file { $0.isDAX = isDAX }
    try fixture.volume.allocate(unwritten, at: 0, byteCount: 8192)
    for place in [0, 1, 63, 64, 511, 4095, 4096, 4097, 8191, 8192, 12_287] {
      var other = base
      other[place] ^= 0x80
      let target = try fixture.file(other) { $0.isDAX = isDAX }
      let found = try fixture.volume.compare(source, at: 0, with: target, at: 0, byteCount: 12_288)
      #expect(found == place)
      if place < 8192 {
        try fixture.write([1], to: zero, at: place)
        let zeros = try fixture.volume.compare(
          zero, at: 0, with: unwritten, at: 0, byteCount: 8192)
        #expect(zeros == place)
        try fixture.write([0], to: zero, at: place)
      }
      // The same bytes from one byte further on, and up to just before the difference.
      let before = try fixture.volume.compare(source, at: 0, with: target, at: 0, byteCount: place)
      #expect(before == nil)
      let behind = try fixture.volume.compare(
        source, at: place + 1, with: target, at: place + 1, byteCount: 12_287 - place)
      #expect(behind == nil)
    }
  }

  @Test("A contiguous range is one call and one look at each file; pages are a call each")
  func calls() throws {
    for isDAX in [true, false] {
      let fixture = try RemapFixture()
      let files = [
        try fixture.file(remapPattern(1 << 20)), try fixture.file(remapPattern(1 << 20)),
      ]
      for file in files { try fixture.volume.setAttributes(of: file) { $0.isDAX = isDAX } }
      let before = fixture.volume.ledger
      let found = try fixture.volume.compare(
        files[0], at: 0, with: files[1], at: 0, byteCount: 1 << 20)
      #expect(found == nil)
      let counts = fixture.volume.ledger - before
      #expect(counts[.begins] == 2 && counts[.ends] == 2)
      #expect(counts[.compareCalls] == (isDAX ? 1 : 256))
      #expect(counts[.bytesCompared] == 1 << 20)
    }
  }

  @Test("Every begin has its end, whichever side cannot be looked up and wherever")
  func endsAfterErrors() throws {
    let bench = try BtrfsBench()
    for damaged in 0..<2 {
      for block in 0..<2 {
        let files = try (0..<2).map { _ in try bench.file(.summed) }
        for file in files { try bench.fill(file, 0..<2, 7) }
        bench.corrupt(try #require(try bench.device(files[damaged], block)), at: 100)
        let before = bench.volume.ledger
        let result = outcome {
          try bench.volume.compare(files[0], at: 0, with: files[1], at: 0, byteCount: 8192)
        }
        #expect(result == .failure(.EIO))
        let counts = bench.volume.ledger - before
        #expect(counts[.begins] == counts[.ends], "file \(damaged), block \(block)")
        #expect(counts[.failedBegins] == 1)
        #expect(counts[.bytesCompared] == block << 12)
      }
    }
  }

  @Test("Ranges that are not in their files")
  func bounds() throws {
    let fixture = try RemapFixture()
    let file = try fixture.file(remapPattern(4096))
    let cached = try fixture.file(remapPattern(4096)) { $0.isDAX = false }
    let directory = try fixture.file { $0.kind = .directory }
    func compare(_ at: Int, _ other: FileID, _ otherAt: Int, _ count: Int) -> Result<Int?, Errno> {
      outcome {
        try fixture.volume.compare(file, at: at, with: other, at: otherAt, byteCount: count)
      }
    }
    #expect(compare(-1, file, 0, 1) == .failure(.EINVAL))
    #expect(compare(0, file, 0, 4097) == .failure(.EINVAL))
    #expect(compare(.max, file, 0, 1) == .failure(.EINVAL))
    #expect(compare(0, file, 1, 4096) == .failure(.EINVAL))
    #expect(compare(0, cached, 0, 1) == .failure(.EINVAL))
    #expect(compare(0, directory, 0, 0) == .failure(.EISDIR))
    #expect(compare(4096, file, 0, 0) == .success(nil))
  }
}
