import Testing

@testable import FSDAX

/// Btrfs remaps a dedupe in pieces of 16 MiB; what it says about the request it says of all of it.
@Suite("Btrfs dedupe of more than one piece")
struct BtrfsDedupeTests {
  private static let mebibyte = 1 << 20

  /// A file of holes with a block of data at some places, in MiB.
  private func file(_ fixture: RemapFixture, mebibytes: Int, data: [Int: UInt8]) throws -> FileID {
    let file = try fixture.file()
    try fixture.volume.truncate(file, to: mebibytes * Self.mebibyte)
    for (place, value) in data.sorted(by: { $0.key < $1.key }) {
      try fixture.write(
        [UInt8](repeating: value, count: 4096), to: file, at: place * Self.mebibyte)
    }
    return file
  }

  /// What a dedupe that fails leaves as it was.
  private struct Trace: Equatable {
    let extents: [[Extent]]
    let attributes: [FileAttributes]
    let free: Int
    let remappedCount: Int

    init(_ fixture: RemapFixture, _ files: [FileID]) throws {
      extents = try files.map { try fixture.extents($0) }
      attributes = try files.map { try fixture.volume.attributes(of: $0) }
      free = fixture.volume.freeByteCount
      remappedCount = fixture.volume.ledger[.extentsRemapped]
    }
  }

  private func bed(_ profile: Profile) throws -> RemapFixture {
    try RemapFixture(profile) { $0.personality = .btrfs }
  }

  @Test("B-7, D-13: a target that ends in the last piece is EINVAL", arguments: bothProfiles)
  func endsEarly(profile: Profile) throws {
    let fixture = try bed(profile)
    let source = try file(fixture, mebibytes: 40, data: [0: 1, 20: 2])
    let target = try file(fixture, mebibytes: 39, data: [0: 1, 20: 2])
    let before = try Trace(fixture, [source, target])
    let result = try fixture.dedupe(source, 0, 40 * Self.mebibyte, target, 0)
    #expect(result == DedupeResult(status: -22))
    #expect(try Trace(fixture, [source, target]) == before)
  }

  @Test("B-7, D-20: a difference in the second piece leaves the first", arguments: bothProfiles)
  func differsLate(profile: Profile) throws {
    let fixture = try bed(profile)
    let source = try file(fixture, mebibytes: 40, data: [0: 1, 30: 2])
    let target = try file(fixture, mebibytes: 40, data: [0: 1, 30: 3])
    let before = try Trace(fixture, [source, target])
    let result = try fixture.dedupe(source, 0, 40 * Self.mebibyte, target, 0)
    #expect(result == DedupeResult(status: DedupeResult.differs))
    #expect(try Trace(fixture, [source, target]) == before)
  }

  @Test("B-7: ranges of one file that overlap are EINVAL, also where no two pieces do")
  func overlap() throws {
    let fixture = try bed(.strict)
    let file = try file(fixture, mebibytes: 60, data: [0: 1, 20: 1, 40: 1])
    let before = try Trace(fixture, [file])
    let result = try fixture.dedupe(file, 0, 40 * Self.mebibyte, file, 20 * Self.mebibyte)
    #expect(result == DedupeResult(status: -22))
    #expect(try Trace(fixture, [file]) == before)
  }

  @Test("B-7: equal files share all pieces, each compared once", arguments: bothProfiles)
  func equal(profile: Profile) throws {
    let fixture = try bed(profile)
    let data: [Int: UInt8] = [0: 1, 15: 2, 16: 3, 39: 4]
    let files = try (0..<2).map { _ in try file(fixture, mebibytes: 40, data: data) }
    let before = fixture.volume.ledger
    let result = try fixture.dedupe(files[0], 0, 40 * Self.mebibyte, files[1], 0)
    #expect(result == DedupeResult(status: 0, byteCount: 40 * Self.mebibyte))
    let counts = fixture.volume.ledger - before
    #expect(counts[.bytesCompared] == data.count * 4096)
    #expect(counts[.begins] == counts[.ends])
    #expect(try fixture.extents(files[0]) == fixture.extents(files[1]))
  }

  @Test("A signal ends a dedupe with the extent it is in, in whichever piece")
  func interrupted() throws {
    let fixture = try bed(.strict)
    let data: [Int: UInt8] = [0: 1, 16: 2, 32: 3]
    let files = try (0..<2).map { _ in try file(fixture, mebibytes: 40, data: data) }
    fixture.volume.isInterrupted = true
    let result = try fixture.dedupe(files[0], 0, 40 * Self.mebibyte, files[1], 0)
    fixture.volume.isInterrupted = false
    #expect(result == DedupeResult(status: 0, byteCount: 4096))
    let last = 32 * Self.mebibyte >> 12
    #expect(try fixture.block(files[0], 0) == fixture.block(files[1], 0))
    #expect(try fixture.block(files[0], last) != fixture.block(files[1], last))
  }
}
