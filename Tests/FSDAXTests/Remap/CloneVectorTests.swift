import Testing

@testable import FSDAX

@Suite("Clone vectors of the specification, section 5.7")
struct CloneVectorTests {
  @Test("D-1 a whole file into an empty one shares its blocks", arguments: bothProfiles)
  func whole(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file()
    #expect(try fixture.volume.clone(from: source, to: target) == 10_000)
    #expect(try fixture.bytes(target) == remapPattern(10_000))
    #expect(try fixture.counts(source, blocks: 3) == [2, 2, 2])
    #expect(try fixture.extents(source) == fixture.extents(target))
  }

  @Test("D-2 a partial last block does not land inside the target", arguments: bothProfiles)
  func partialBlockInside(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file(remapPattern(20_000, seed: 2))
    let before = try fixture.trace(target)
    #expect(fixture.clone(source, 0, 0, target, 0) == .failure(.EINVAL))
    #expect(try fixture.trace(target) == before)
  }

  @Test("D-3 the same with leave to shorten stops before it", arguments: bothProfiles)
  func shortened(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file(remapPattern(20_000, seed: 2))
    #expect(fixture.clone(source, 0, 10_000, target, 0, canShorten: true) == .success(8192))
    let expected = remapPattern(8192) + remapPattern(20_000, seed: 2)[8192...]
    #expect(try fixture.bytes(target) == expected)
    #expect(try fixture.counts(target, blocks: 5) == [2, 2, 1, 1, 1])
  }

  @Test("D-4 an unaligned length that is not the end of the file", arguments: bothProfiles)
  func unalignedLength(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file()
    #expect(fixture.clone(source, 0, 5000, target, 0) == .failure(.EINVAL))
    #expect(try fixture.volume.size(of: target) == 0)
    #expect(fixture.clone(source, 0, 5000, target, 0, canShorten: true) == .success(4096))
  }

  @Test("D-8 more bytes than the source has", arguments: bothProfiles)
  func behindTheEnd(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(1 << 20))
    let target = try fixture.file()
    #expect(fixture.clone(source, 512 << 10, 1 << 20, target, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 512 << 10, 512 << 10, target, 0) == .success(512 << 10))
  }

  @Test("D-9 a position that is not a block's", arguments: bothProfiles)
  func unalignedPosition(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(10_000))
    let target = try fixture.file()
    #expect(fixture.clone(source, 512, 0, target, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, 0, target, 512) == .failure(.EINVAL))
  }

  @Test("D-10 ranges of one file, whole blocks", arguments: bothProfiles)
  func sameFile(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let file = try fixture.file(remapPattern(8192))
    #expect(fixture.clone(file, 0, 8192, file, 4096) == .failure(.EINVAL))
    #expect(fixture.clone(file, 0, 8192, file, 0) == .failure(.EINVAL))
    #expect(fixture.clone(file, 0, 8192, file, 8192) == .success(8192))
    #expect(try fixture.bytes(file) == remapPattern(8192) + remapPattern(8192))
    #expect(try fixture.counts(file, blocks: 4) == [2, 2, 2, 2])
  }

  @Test("D-11 ranges of one file with a partial last block", arguments: bothProfiles)
  func sameFilePartial(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let file = try fixture.file(remapPattern(10_000))
    #expect(fixture.clone(file, 8192, 1808, file, 8192) == .failure(.EINVAL))
    #expect(fixture.clone(file, 8192, 1808, file, 12_288) == .success(1808))
    let expected =
      remapPattern(10_000) + [UInt8](repeating: 0, count: 2288) + remapPattern(10_000)[8192...]
    #expect(try fixture.bytes(file) == expected)
  }

  @Test("D-12 positions whose sum is no number", arguments: bothProfiles)
  func overflow(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file()
    let large = 1 << 62
    #expect(fixture.clone(source, large, .max, target, large) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, .max, target, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, .max, 0, target, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, 0, target, .max & ~4095) == .failure(.EINVAL))
    #expect(fixture.clone(source, -4096, 0, target, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, -4096, target, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, 4096, target, .min) == .failure(.EINVAL))
    #expect(try fixture.volume.size(of: target) == 0)
  }

  @Test("D-16 a file with and one without a page cache", arguments: bothProfiles)
  func mixedAccess(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file(remapPattern(4096)) { $0.isDAX = false }
    #expect(fixture.clone(source, 0, 0, target, 0) == .failure(.EINVAL))
    #expect(try fixture.dedupe(source, 0, 4096, target, 0) == DedupeResult(status: -22))
  }

  @Test("D-23 targets that may not be changed", arguments: bothProfiles)
  func refusedTargets(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096))
    let immutable = try fixture.file { $0.isImmutable = true }
    let swap = try fixture.file { $0.isSwapFile = true }
    let plain = try fixture.file()
    #expect(fixture.clone(source, 0, 0, immutable, 0) == .failure(.EPERM))
    #expect(fixture.clone(source, 0, 0, swap, 0) == .failure(.ETXTBSY))
    #expect(fixture.clone(swap, 0, 0, plain, 0) == .failure(.ETXTBSY))
    let append = outcome {
      try fixture.volume.clone(
        from: fixture.open(source), to: fixture.open(plain, append: true))
    }
    #expect(append == .failure(.EBADF))
  }

  @Test("D-24 a limit of the file size", arguments: bothProfiles)
  func fileSizeLimit(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(8192))
    let target = try fixture.file()
    let caller = Caller(userID: 0, isAdministrator: true, fileSizeLimit: 8192)
    #expect(fixture.clone(source, 0, 8192, target, 4096, caller: caller) == .failure(.EINVAL))
    #expect(caller.fileSizeSignalCount == 0)
    #expect(fixture.clone(source, 0, 8192, target, 8192, caller: caller) == .failure(.EFBIG))
    #expect(caller.fileSizeSignalCount == 1)
    #expect(
      fixture.clone(source, 0, 8192, target, 4096, canShorten: true, caller: caller)
        == .success(4096))
  }
}
