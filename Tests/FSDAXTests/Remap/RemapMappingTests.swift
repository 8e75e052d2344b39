import Testing

@testable import FSDAX

@Suite("Clone and dedupe of mapped files")
struct RemapMappingTests {
  /// What both files are when they are mapped, and when they are remapped.
  enum Kind: CaseIterable {
    case dax, cached, noLongerDAX, onlyThenDAX

    var isMappedAsDAX: Bool { self == .dax || self == .noLongerDAX }
    var isRemappedAsDAX: Bool { self == .dax || self == .onlyThenDAX }
  }

  private func store(_ fixture: RemapFixture, _ area: VirtualArea, _ value: UInt8, at: Int) throws {
    try fixture.volume.store(area, at: at, [value].span.bytes)
  }

  private func load(_ fixture: RemapFixture, _ area: VirtualArea, at offset: Int) throws -> UInt8 {
    var bytes: [UInt8] = [0xee]
    try bytes.withUnsafeMutableBytes { buffer in
      var span = buffer.mutableBytes
      try fixture.volume.load(area, at: offset, into: &span)
    }
    return bytes[0]
  }

  /// Two files of two blocks, both with all pages writable in a mapping, then of the kind asked.
  private func mapped(
    _ fixture: RemapFixture, _ kind: Kind, seeds: [Int]
  ) throws -> (files: [FileID], areas: [VirtualArea]) {
    let files = try seeds.map { seed in
      try fixture.file(remapPattern(8192, seed: seed)) { $0.isDAX = kind.isMappedAsDAX }
    }
    let areas = try files.map { try fixture.volume.makeArea($0, at: 0, pageCount: 2) }
    for area in areas {
      for page in 0..<2 {
        let old = try load(fixture, area, at: page << 12)
        try store(fixture, area, old, at: page << 12)
      }
    }
    for file in files {
      try fixture.volume.setAttributes(of: file) { $0.isDAX = kind.isRemappedAsDAX }
    }
    return (files, areas)
  }

  private func expectApart(
    _ fixture: RemapFixture, _ files: [FileID], _ areas: [VirtualArea], _ shared: [UInt8]
  ) throws {
    for file in files { #expect(try fixture.bytes(file) == shared) }
    #expect(try fixture.counts(files[0], blocks: 2) == [2, 2])
    var expected = [shared, shared]
    for (index, area) in areas.enumerated() {
      let place = index * 4096 + 7
      try store(fixture, area, ~shared[place], at: place)
      expected[index][place] = ~shared[place]
      #expect(try files.map { try fixture.bytes($0) } == expected, "a store into file \(index)")
    }
  }

  @Test("A store behind a clone reaches one file only", arguments: Kind.allCases)
  func clone(kind: Kind) throws {
    for profile in bothProfiles {
      let fixture = try RemapFixture(profile)
      let (files, areas) = try mapped(fixture, kind, seeds: [1, 2])
      #expect(fixture.clone(files[0], 0, 0, files[1], 0) == .success(8192))
      try expectApart(fixture, files, areas, remapPattern(8192, seed: 1))
    }
  }

  @Test("A store behind a dedupe reaches one file only", arguments: Kind.allCases)
  func dedupe(kind: Kind) throws {
    for profile in bothProfiles {
      let fixture = try RemapFixture(profile)
      let (files, areas) = try mapped(fixture, kind, seeds: [1, 1])
      let result = try fixture.dedupe(files[0], 0, 8192, files[1], 0)
      #expect(result == DedupeResult(status: DedupeResult.same, byteCount: 8192))
      try expectApart(fixture, files, areas, remapPattern(8192, seed: 1))
    }
  }

  @Test("630: no store slips in between a compare and the remap", arguments: [true, false])
  func storeBesideDedupe(isDAX: Bool) throws {
    let fixture = try RemapFixture()
    let bytes = [UInt8](repeating: 5, count: 4096)
    let source = try fixture.file(bytes) { $0.isDAX = isDAX }
    let target = try fixture.file(bytes) { $0.isDAX = isDAX }
    let area = try fixture.volume.makeArea(target, at: 0, pageCount: 1)
    let threads = RealThreads()
    threads.start {
      for _ in 0..<2000 { _ = try? fixture.dedupe(source, 0, 4096, target, 0) }
    }
    threads.start {
      var lostCount = 0
      for round in 0..<4000 {
        let value = UInt8(round & 1 == 0 ? 6 : 5)
        try? store(fixture, area, value, at: 0)
        if (try? load(fixture, area, at: 0)) != value { lostCount += 1 }
      }
      #expect(lostCount == 0)
    }
    threads.join()
    #expect(try fixture.bytes(source) == bytes)
  }

  @Test("What a page cache has is written back before a clone: H9 is about DAX alone")
  func writtenBack() throws {
    for profile in bothProfiles {
      let fixture = try RemapFixture(profile)
      let (files, _) = try mapped(fixture, .cached, seeds: [1, 2])
      let before = fixture.volume.ledger
      #expect(fixture.clone(files[0], 0, 0, files[1], 0) == .success(8192))
      #expect((fixture.volume.ledger - before)[.linesFlushed] == 4 * 64)
    }
  }
}
