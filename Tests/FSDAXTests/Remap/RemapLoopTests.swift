import Testing

@testable import FSDAX

@Suite("The loop that shares blocks")
struct RemapLoopTests {
  /// Written, unwritten, hole, private, by turns over sixteen blocks.
  private func mixed(_ fixture: RemapFixture, seed: Int, shift: Int) throws -> FileID {
    let file = try fixture.file()
    for block in 0..<16 {
      switch (block / 2 + shift) % 3 {
      case 0: try fixture.write(remapPattern(4096, seed: seed + block), to: file, at: block << 12)
      case 1: try fixture.volume.allocate(file, at: block << 12, byteCount: 4096)
      default: try fixture.volume.truncate(file, to: (block + 1) << 12)
      }
    }
    return file
  }

  @Test("540-543: regions of all kinds onto regions of all kinds", arguments: 0..<3)
  func regions(shift: Int) throws {
    let fixture = try RemapFixture()
    let source = try mixed(fixture, seed: 1, shift: 0)
    let target = try mixed(fixture, seed: 40, shift: shift)
    let expected = try fixture.bytes(source)
    #expect(fixture.clone(source, 0, 0, target, 0) == .success(1 << 16))
    #expect(try fixture.bytes(target) == expected)
    #expect(try fixture.bytes(source) == expected)
    for block in 0..<16 where (block / 2) % 3 != 0 {
      // Where both were unwritten the target keeps its own; otherwise it has a hole.
      let keeps = (block / 2) % 3 == 1 && shift == 0
      #expect(try (fixture.block(target, block) != nil) == keeps)
    }
  }

  @Test("515: far behind the end, zeros lie between, and a dirty last block shows nothing")
  func behindTheEnd() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file(remapPattern(4096, seed: 2))
    try fixture.volume.truncate(target, to: 100)
    try fixture.overwriteMedium(target, 0, 0xaa)
    #expect(fixture.clone(source, 0, 0, target, 1 << 16) == .success(4096))
    let bytes = try fixture.bytes(target)
    #expect(bytes[100..<1 << 16].allSatisfy { $0 == 0 })
    #expect(Array(bytes[(1 << 16)...]) == remapPattern(4096))
  }

  @Test("303: the highest offsets", arguments: bothProfiles)
  func huge(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file()
    let last = (Int.max & ~4095) - 4096
    #expect(fixture.clone(source, 0, 4096, target, last) == .success(4096))
    #expect(try fixture.volume.size(of: target) == last + 4096)
    var bytes = [UInt8](repeating: 0, count: 4096)
    _ = try bytes.withUnsafeMutableBytes { try fixture.volume.read(target, at: last, into: $0) }
    #expect(bytes == remapPattern(4096))
    // Back from there, to the end, and past the largest size.
    let back = try fixture.file()
    #expect(fixture.clone(target, last, 0, back, 0) == .success(4096))
    #expect(fixture.clone(target, last, 8192, back, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, 4096, target, last + 4096) == .failure(.EINVAL))
    #expect(try fixture.dedupe(source, 0, 4096, target, last).byteCount == 4096)
    #expect(fixture.clone(target, 0, 0, back, 0) == .success(last + 4096))
  }

  @Test("What a clone changes: times and privileges of the target, the mark of both")
  func attributes() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(4096)) {
      $0.cowExtentHint = 8
      $0.hasCapability = true
      $0.hasSetIDs = true
    }
    let target = try fixture.file(remapPattern(4096)) {
      $0.hasCapability = true
      $0.hasSetIDs = true
    }
    let before = (
      try fixture.volume.attributes(of: source), try fixture.volume.attributes(of: target)
    )
    #expect(fixture.clone(source, 0, 0, target, 0) == .success(4096))
    let after = try fixture.volume.attributes(of: target)
    #expect(after.modified > before.1.modified && after.changed > before.1.changed)
    #expect(!after.hasCapability && after.hasSetIDs)
    #expect(after.cowExtentHint == 8)
    #expect(try fixture.volume.attributes(of: source) == before.0)
    #expect(try fixture.volume.inode(source).isReflink)
    #expect(try fixture.volume.inode(target).isReflink)
    let user = Caller(userID: 7)
    try fixture.volume.clone(
      from: fixture.open(source), to: fixture.open(target), caller: user)
    #expect(try !fixture.volume.attributes(of: target).hasSetIDs)
  }

  @Test("xfs/210: the hint goes along with a whole file only")
  func hint() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(8192)) { $0.cowExtentHint = 8 }
    let larger = try fixture.file(remapPattern(12_288))
    let own = try fixture.file { $0.cowExtentHint = 4 }
    let part = try fixture.file()
    #expect(fixture.clone(source, 0, 0, larger, 0) == .success(8192))
    #expect(fixture.clone(source, 0, 0, own, 0) == .success(8192))
    #expect(fixture.clone(source, 0, 4096, part, 0) == .success(4096))
    #expect(try fixture.volume.attributes(of: larger).cowExtentHint == 0)
    #expect(try fixture.volume.attributes(of: own).cowExtentHint == 4)
    #expect(try fixture.volume.attributes(of: part).cowExtentHint == 0)
  }

  @Test("Staging of the remapped range is given back, and no other")
  func staging() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(8192))
    let target = try fixture.file(remapPattern(32 << 12))
    let peer = try fixture.file()
    #expect(fixture.clone(target, 0, 0, peer, 0) == .success(32 << 12))
    try fixture.write([1], to: target, at: 5 << 12)
    let inode = try fixture.volume.inode(target)
    #expect(inode.cow.extent(containing: 2) != nil)
    #expect(fixture.clone(source, 0, 0, target, 2 << 12) == .success(8192))
    #expect(inode.cow.extent(containing: 2) == nil && inode.cow.extent(containing: 3) == nil)
    #expect(inode.cow.extent(containing: 1) != nil && inode.cow.extent(containing: 4) != nil)
  }

  @Test(
    "A signal ends a clone after the extent it is in, which stays shared",
    arguments: [true, false])
  func interrupted(canShorten: Bool) throws {
    let fixture = try RemapFixture()
    let source = try mixed(fixture, seed: 1, shift: 0)
    let target = try fixture.file()
    fixture.volume.isInterrupted = true
    let result = fixture.clone(source, 0, 0, target, 0, canShorten: canShorten)
    fixture.volume.isInterrupted = false
    #expect(result == (canShorten ? .success(8192) : .failure(.EINTR)))
    #expect(try fixture.volume.size(of: target) == 8192)
    #expect(try fixture.bytes(target) == Array(fixture.bytes(source)[..<8192]))
    #expect(try fixture.counts(source, blocks: 2) == [2, 2])
  }

  @Test("A signal behind the last extent changes nothing any more")
  func interruptedAtTheEnd() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file()
    fixture.volume.isInterrupted = true
    #expect(fixture.clone(source, 0, 0, target, 0) == .success(10_000))
  }

  @Test("A signal ends a dedupe before the next target, which keeps the preset")
  func interruptedDedupe() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(4096))
    let targets = [try fixture.file(remapPattern(4096)), try fixture.file(remapPattern(4096))]
    fixture.volume.isInterrupted = true
    let results = try fixture.volume.dedupe(
      from: fixture.open(source), at: 0, byteCount: 4096,
      targets: targets.map { (fixture.open($0), 0) })
    #expect(results == [DedupeResult(status: 0, byteCount: 4096), DedupeResult()])
    #expect(try fixture.counts(targets[1], blocks: 1) == [1])
  }

  @Test("A group without a free block: no space, and the target keeps its data")
  func noSpace() throws {
    let fixture = try RemapFixture(byteCount: 64 << 12) { $0.groupCount = 1 }
    let source = try fixture.file(remapPattern(8192))
    let target = try fixture.file(remapPattern(8192, seed: 2))
    let filler = try fixture.file()
    try fixture.volume.allocate(filler, at: 0, byteCount: fixture.volume.freeByteCount)
    #expect(fixture.clone(source, 0, 0, target, 0) == .failure(.ENOSPC))
    #expect(try fixture.bytes(target) == remapPattern(8192, seed: 2))
    #expect(try fixture.counts(source, blocks: 2) == [1, 1])
    try fixture.volume.truncate(filler, to: 4096)
    #expect(fixture.clone(source, 0, 0, target, 0) == .success(8192))
  }

  @Test("Delayed blocks in the source, and files at odds about a block, are damage")
  func damage() throws {
    let fixture = try RemapFixture()
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file()
    let inode = try fixture.volume.inode(source)
    inode.data.insert(Extent(first: 1, device: 0, count: 1, state: .delayed))
    inode.size = 8192
    #expect(fixture.clone(source, 0, 0, target, 0) == .failure(.EFSCORRUPTED))
    // What came before stays shared.
    #expect(try fixture.bytes(target) == remapPattern(4096))
    #expect(try fixture.counts(source, blocks: 1) == [2])
    try fixture.volume.inode(target).data.setState(.unwritten, in: 0..<1)
    #expect(fixture.clone(source, 0, 4096, target, 0) == .failure(.EFSCORRUPTED))
  }
}
