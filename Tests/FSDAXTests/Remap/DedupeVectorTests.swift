import Testing

@testable import FSDAX

@Suite("Dedupe vectors of the specification, section 5.7")
struct DedupeVectorTests {
  private let same = DedupeResult.same
  private let differs = DedupeResult(status: DedupeResult.differs)

  @Test("D-5 equal files with a partial last block", arguments: bothProfiles)
  func equalFiles(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file(remapPattern(10_000))
    let modified = try fixture.volume.attributes(of: target).modified
    let result = try fixture.dedupe(source, 0, 10_000, target, 0)
    #expect(result == DedupeResult(status: same, byteCount: 10_000))
    #expect(try fixture.extents(source) == fixture.extents(target))
    #expect(try fixture.bytes(target) == remapPattern(10_000))
    #expect(try fixture.volume.attributes(of: target).modified == modified)
  }

  @Test(
    "D-6 a partial last block inside the target is left out (H13)",
    arguments: [(Profile.upstream, 10_000), (.strict, 8192)])
  func partialInside(profile: Profile, reported: Int) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file(remapPattern(20_000))
    let before = fixture.volume.ledger
    let result = try fixture.dedupe(source, 0, 10_000, target, 0)
    #expect(result == DedupeResult(status: same, byteCount: reported))
    #expect((fixture.volume.ledger - before)[.bytesCompared] == 8192)
    #expect(try fixture.counts(target, blocks: 5) == [2, 2, 1, 1, 1])
    #expect(try fixture.bytes(target) == remapPattern(20_000))
  }

  @Test(
    "D-7 a partial block alone remaps nothing (H13)",
    arguments: [(Profile.upstream, 100), (.strict, 0)])
  func partialAlone(profile: Profile, reported: Int) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(100))
    let target = try fixture.file(remapPattern(100_000, seed: 3))
    let before = try fixture.trace(target)
    let result = try fixture.dedupe(source, 0, 100, target, 40_960)
    #expect(result == DedupeResult(status: same, byteCount: reported))
    #expect(try fixture.trace(target) == before)
  }

  @Test("D-13 ranges behind either end", arguments: bothProfiles)
  func behindTheEnd(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(8192))
    let target = try fixture.file(remapPattern(4096))
    #expect(try fixture.dedupe(source, 0, 8192, target, 0) == DedupeResult(status: -22))
    #expect(try fixture.dedupe(source, 0, 4096, target, 4096) == DedupeResult(status: -22))
    let whole = outcome { try fixture.dedupe(target, 0, 8192, source, 0) }
    #expect(whole == .failure(.EINVAL))
  }

  @Test("D-14 127 targets, and 128", arguments: bothProfiles)
  func targetCount(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file(remapPattern(4096))
    let many = [(file: OpenFile, position: Int)](
      repeating: (fixture.open(target), 0), count: 127)
    let results = try fixture.volume.dedupe(
      from: fixture.open(source), at: 0, byteCount: 4096, targets: many)
    #expect(results == .init(repeating: DedupeResult(status: 0, byteCount: 4096), count: 127))
    let more = outcome {
      try fixture.volume.dedupe(
        from: fixture.open(source, read: false), at: -1, byteCount: 4096,
        targets: many + [(fixture.open(target), 0)])
    }
    #expect(more == .failure(.ENOMEM))
  }

  @Test("D-15 3 GiB at once are one GiB", arguments: bothProfiles)
  func capped(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file()
    let target = try fixture.file()
    for file in [source, target] {
      try fixture.volume.truncate(file, to: 3 << 30)
      try fixture.write(remapPattern(4096), to: file, at: 1 << 30)
      try fixture.write(remapPattern(4096), to: file, at: (1 << 30) - 4096)
    }
    let result = try fixture.dedupe(source, 0, 3 << 30, target, 0)
    #expect(result == DedupeResult(status: same, byteCount: 1 << 30))
    let last = 1 << 18
    #expect(try fixture.block(target, last - 1) == fixture.block(source, last - 1))
    #expect(try fixture.block(target, last) != fixture.block(source, last))
  }

  @Test("D-17 zeros on the medium and a hole", arguments: bothProfiles)
  func zerosAndHole(profile: Profile) throws {
    for isDAX in [true, false] {
      let fixture = try RemapFixture(profile)
      let zeros = try fixture.file([UInt8](repeating: 0, count: 4096)) { $0.isDAX = isDAX }
      let hole = try fixture.file { $0.isDAX = isDAX }
      try fixture.volume.truncate(hole, to: 4096)
      let result = try fixture.dedupe(zeros, 0, 4096, hole, 0)
      #expect(result == (isDAX ? differs : DedupeResult(status: same, byteCount: 4096)))
    }
  }

  @Test(
    "D-18 unwritten blocks over different media (H7)",
    arguments: [(Profile.upstream, false), (.strict, true)])
  func unwritten(profile: Profile, isSame: Bool) throws {
    let fixture = try RemapFixture(profile)
    let files = [try fixture.file(), try fixture.file()]
    for (index, file) in files.enumerated() {
      try fixture.volume.allocate(file, at: 0, byteCount: 4096)
      try fixture.overwriteMedium(file, 0, UInt8(index + 1))
    }
    let result = try fixture.dedupe(files[0], 0, 4096, files[1], 0)
    #expect(result == (isSame ? DedupeResult(status: same, byteCount: 4096) : differs))
  }

  @Test("D-19 data, then a hole against data", arguments: bothProfiles)
  func holesMisplaced(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096) + [UInt8](repeating: 0, count: 4096))
    let target = try fixture.file(remapPattern(4096))
    try fixture.volume.truncate(source, to: 16_384)
    try fixture.volume.truncate(target, to: 16_384)
    let before = fixture.volume.ledger
    #expect(try fixture.dedupe(source, 0, 16_384, target, 0) == differs)
    let counts = fixture.volume.ledger - before
    #expect(counts[.bytesCompared] == 4096)
    #expect(counts[.compareCalls] == 1)
    #expect(counts[.begins] == counts[.ends])
    let first = try fixture.volume.compare(source, at: 0, with: target, at: 0, byteCount: 16_384)
    #expect(first == 4096)
  }

  @Test("D-20 a difference in the second of three blocks", arguments: bothProfiles)
  func oneDifference(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    var other = remapPattern(12_288)
    other[8191] ^= 0x10
    let source = try fixture.file(remapPattern(12_288))
    let target = try fixture.file(other)
    let before = (try fixture.trace(source), try fixture.trace(target), fixture.volume.ledger)
    #expect(try fixture.dedupe(source, 0, 12_288, target, 0) == differs)
    #expect(try fixture.trace(source) == before.0)
    #expect(try fixture.trace(target) == before.1)
    let counts = fixture.volume.ledger - before.2
    #expect(counts[.bytesCompared] == 8192)
    #expect(counts[.refcountUpdates] == 0)
    let first = try fixture.volume.compare(source, at: 0, with: target, at: 0, byteCount: 12_288)
    #expect(first == 8191)
  }

  @Test(
    "D-21 a compare meets poison (H6)",
    arguments: [(Profile.upstream, 0, 8192), (.strict, -5, 0)] as [(Profile, Int32, Int)])
  func poison(profile: Profile, status: Int32, byteCount: Int) throws {
    for poisonsSource in [true, false] {
      let fixture = try RemapFixture(profile)
      let source = try fixture.file(remapPattern(8192))
      let target = try fixture.file(remapPattern(8192))
      let before = try fixture.extents(target)
      try fixture.poison(poisonsSource ? source : target, 1)
      let result = try fixture.dedupe(source, 0, 8192, target, 0)
      #expect(result == DedupeResult(status: status, byteCount: byteCount))
      #expect(try fixture.extents(target) == before)
    }
  }

  @Test("D-22 who may change a target", arguments: bothProfiles)
  func permission(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096))
    let user = Caller(userID: 7)
    // Owner, writable by others, open for writing, administrator: each alone is enough.
    let cases: [(UInt32, Bool, Bool, Caller, Int32)] = [
      (0, false, false, user, -1), (7, false, false, user, 0), (0, true, false, user, 0),
      (0, false, true, user, 0), (0, false, false, .administrator, 0),
    ]
    for (owner, others, write, caller, status) in cases {
      let target = try fixture.file(remapPattern(4096)) {
        $0.ownerID = owner
        $0.isWritableByOthers = others
      }
      let results = try fixture.volume.dedupe(
        from: fixture.open(source), at: 0, byteCount: 4096,
        targets: [(fixture.open(target, write: write), 0)], caller: caller)
      #expect(results.first?.status == status)
    }
  }
}
