import Testing

@testable import FSDAX

@Suite("Clone vectors of the specification, section 5.7")
struct CloneVectorTests {
  @Test("D-1 a whole file into an empty one shares its blocks", arguments: bothProfiles)
  func whole(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(pattern(10_000))
    let target = try fixture.file()
    #expect(try fixture.volume.clone(from: source, to: target) == 10_000)
    #expect(try fixture.bytes(target) == pattern(10_000))
    #expect(try fixture.counts(source, blocks: 3) == [2, 2, 2])
    #expect(try fixture.extents(source) == fixture.extents(target))
  }
}
