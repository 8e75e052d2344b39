import Testing

@testable import FSDAX

/// H6, H7 and H13, each alone and each missing alone: none hides behind another.
@Suite("Hazards of dedupe, one by one")
struct RemapHazardTests {
  private func profiles(_ hazard: Hazards) -> [(profile: Profile, has: Bool)] {
    [
      (Profile(hazards: hazard), true), (Profile(hazards: .all.subtracting(hazard)), false),
      (.upstream, true), (.strict, false),
    ]
  }

  @Test("H6: an access error in the compare is `same`, or EIO")
  func accessError() throws {
    for (profile, has) in profiles(.compareErrorIsSame) {
      let fixture = try RemapFixture(profile)
      let source = try fixture.file(remapPattern(8192))
      let target = try fixture.file(remapPattern(8192))
      try fixture.poison(target, 1, sector: 7)
      let result = try fixture.dedupe(source, 0, 8192, target, 0)
      #expect(result.status == (has ? DedupeResult.same : -5))
      #expect(try fixture.counts(source, blocks: 2) == [1, 1])
      // Nothing was remapped, and only H13 reports otherwise.
      #expect(result.byteCount == (has && profile.has(.dedupeReportsRequest) ? 8192 : 0))
    }
  }

  @Test("H6: a difference before the poison is found only without it")
  func differenceBeforePoison() throws {
    for (profile, has) in profiles(.compareErrorIsSame) {
      let fixture = try RemapFixture(profile)
      var other = remapPattern(8192)
      other[17] ^= 1
      let source = try fixture.file(remapPattern(8192))
      let target = try fixture.file(other)
      try fixture.poison(source, 1)
      let status = try fixture.dedupe(source, 0, 8192, target, 0).status
      #expect(status == (has ? DedupeResult.same : DedupeResult.differs))
    }
  }

  @Test("H6 is about DAX alone: a page that cannot be read is EIO in any profile")
  func pageCacheError() throws {
    for profile in bothProfiles {
      let fixture = try RemapFixture(profile)
      let source = try fixture.file(remapPattern(8192)) { $0.isDAX = false }
      let target = try fixture.file(remapPattern(8192)) { $0.isDAX = false }
      try fixture.poison(source, 1)
      #expect(try fixture.dedupe(source, 0, 8192, target, 0) == DedupeResult(status: -5))
    }
  }

  @Test("Poison outside of the range compared is none of its business", arguments: bothProfiles)
  func poisonOutside(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(12_288))
    let target = try fixture.file(remapPattern(12_288))
    try fixture.poison(source, 0, sector: 7)
    try fixture.poison(target, 2)
    #expect(
      try fixture.dedupe(source, 4096, 4096, target, 4096)
        == DedupeResult(status: 0, byteCount: 4096))
  }

  @Test("H7: unwritten blocks are compared as the medium has them, or as zeros")
  func unwritten() throws {
    for (profile, has) in profiles(.compareUnwrittenMedia) {
      let fixture = try RemapFixture(profile)
      let data = try fixture.file([UInt8](repeating: 7, count: 4096))
      let zeros = try fixture.file([UInt8](repeating: 0, count: 4096))
      let unwritten = try fixture.file()
      try fixture.volume.allocate(unwritten, at: 0, byteCount: 4096)
      try fixture.overwriteMedium(unwritten, 0, 7)
      // The defect makes a file lose its zeros, and keeps equal ones apart.
      #expect(try fixture.dedupe(zeros, 0, 4096, unwritten, 0).status == (has ? 1 : 0))
      #expect(try fixture.bytes(unwritten).allSatisfy { $0 == 0 })
      let other = try fixture.file()
      try fixture.volume.allocate(other, at: 0, byteCount: 4096)
      try fixture.overwriteMedium(other, 0, 7)
      #expect(try fixture.dedupe(data, 0, 4096, other, 0).status == (has ? 0 : 1))
      #expect(try fixture.bytes(other).allSatisfy { $0 == (has ? 7 : 0) })
    }
  }

  @Test("H13: the bytes asked for, or those remapped")
  func reported() throws {
    for (profile, has) in profiles(.dedupeReportsRequest) {
      let fixture = try RemapFixture(profile)
      let source = try fixture.file(remapPattern(10_000))
      let target = try fixture.file(remapPattern(20_000))
      let result = try fixture.dedupe(source, 0, 10_000, target, 0)
      #expect(result == DedupeResult(status: 0, byteCount: has ? 10_000 : 8192))
    }
  }
}
