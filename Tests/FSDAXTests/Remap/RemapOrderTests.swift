import Testing

@testable import FSDAX

/// Each case has two errors; the one that is checked first is what the caller sees.
@Suite("Order of the checks of clone and dedupe")
struct RemapOrderTests {
  @Test("Clone: descriptor, area, volume, kind, access, as they are listed")
  func cloneEntry() throws {
    let fixture = try RemapFixture()
    let elsewhere = try RemapFixture()
    let file = try fixture.file(remapPattern(4096))
    let directory = try fixture.file { $0.kind = .directory }
    let fifo = try fixture.file { $0.kind = .fifo }
    let other = try elsewhere.file { $0.kind = .directory }
    let gone = try fixture.file()
    try fixture.volume.remove(gone)
    func clone(_ source: OpenFile, _ position: Int, _ target: OpenFile) -> Result<Int, Errno> {
      outcome { try fixture.volume.clone(from: source, at: position, to: target) }
    }
    let plain = fixture.open(file)
    #expect(clone(fixture.open(gone), -1, plain) == .failure(.EBADF))
    #expect(clone(plain, -1, fixture.open(gone)) == .failure(.EBADF))
    #expect(clone(plain, -1, elsewhere.open(other)) == .failure(.EINVAL))
    #expect(clone(plain, 0, elsewhere.open(other)) == .failure(.EXDEV))
    #expect(clone(fixture.open(fifo), 0, fixture.open(directory)) == .failure(.EISDIR))
    #expect(clone(fixture.open(fifo, read: false), 0, plain) == .failure(.EINVAL))
    #expect(clone(fixture.open(file, read: false), 512, plain) == .failure(.EBADF))
    #expect(clone(plain, 512, fixture.open(file, write: false)) == .failure(.EBADF))
  }

  @Test("Filesystem: realtime, DAX, reflink, shut down, then the attributes of the target")
  func filesystem() throws {
    let fixture = try RemapFixture { $0.hasReflink = false }
    let source = try fixture.file(remapPattern(4096))
    let realtime = try fixture.file { $0.isRealtime = true }
    let cached = try fixture.file { $0.isDAX = false }
    let immutable = try fixture.file { $0.isImmutable = true }
    fixture.volume.isShutDown = true
    #expect(fixture.clone(source, 0, 0, realtime, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, 0, cached, 0) == .failure(.EINVAL))
    #expect(fixture.clone(source, 0, 0, immutable, 0) == .failure(.EOPNOTSUPP))
    let down = try RemapFixture()
    let first = try down.file(remapPattern(4096))
    let second = try down.file { $0.isImmutable = true }
    down.volume.isShutDown = true
    #expect(down.clone(first, 0, 0, second, 0) == .failure(.EIO))
  }

  @Test("Btrfs: files with and without checksums are not cloned")
  func checksums() throws {
    let fixture = try RemapFixture { $0.personality = .btrfs }
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file { $0.isNodatasum = false }
    #expect(fixture.clone(source, 0, 0, target, 0) == .failure(.EINVAL))
  }

  @Test("Prep: immutable, swap, length to the end, alignment, ends, limits, overlap, length")
  func prep() throws {
    let fixture = try RemapFixture { $0.maximumFileByteCount = 1 << 20 }
    let source = try fixture.file(remapPattern(10_000)) { $0.isSwapFile = true }
    let immutable = try fixture.file { $0.isImmutable = true }
    let target = try fixture.file()
    #expect(fixture.clone(source, 0, 0, immutable, 0) == .failure(.EPERM))
    #expect(fixture.clone(source, 512, 1, target, 0) == .failure(.ETXTBSY))
    try fixture.volume.setAttributes(of: source) { $0.isSwapFile = false }
    // At its end there is nothing to clone, whatever the alignment; behind it there is an error.
    #expect(fixture.clone(source, 10_000, 0, target, 0) == .success(0))
    #expect(fixture.clone(source, 12_288, 0, target, 0) == .failure(.EINVAL))
    let caller = Caller(userID: 0, fileSizeLimit: 0)
    #expect(fixture.clone(source, 0, 512, target, 512, caller: caller) == .failure(.EINVAL))
    #expect(fixture.clone(source, 12_288, 1, target, 0, caller: caller) == .failure(.EINVAL))
    #expect(caller.fileSizeSignalCount == 0)
    #expect(fixture.clone(source, 0, 5000, target, 1 << 20) == .failure(.EFBIG))
    // The limit of the process is checked first, and gives the signal.
    #expect(fixture.clone(source, 0, 4096, target, 1 << 20, caller: caller) == .failure(.EFBIG))
    #expect(caller.fileSizeSignalCount == 1)
    // Crossing the largest size shortens, which a clone does not allow.
    let last = 1 << 20 - 4096
    #expect(fixture.clone(source, 0, 8192, target, last) == .failure(.EINVAL))
    #expect(try fixture.volume.size(of: target) == 0)
    #expect(fixture.clone(source, 0, 8192, target, last, canShorten: true) == .success(4096))
    // Overlap comes before the shortened length: no leave helps.
    #expect(fixture.clone(source, 0, 9000, source, 4096, canShorten: true) == .failure(.EINVAL))
  }

  @Test("Dedupe of the whole call: size, descriptor, access, kind, area, end")
  func dedupeCall() throws {
    let fixture = try RemapFixture()
    let file = try fixture.file(remapPattern(4096))
    let directory = try fixture.file { $0.kind = .directory }
    let fifo = try fixture.file { $0.kind = .fifo }
    let gone = try fixture.file()
    try fixture.volume.remove(gone)
    func dedupe(_ source: OpenFile, _ position: Int, _ count: Int) -> Result<Int, Errno> {
      outcome {
        try fixture.volume.dedupe(from: source, at: position, byteCount: count, targets: []).count
      }
    }
    #expect(dedupe(fixture.open(gone), -1, 0) == .failure(.EBADF))
    #expect(dedupe(fixture.open(directory, read: false), 0, 0) == .failure(.EINVAL))
    #expect(dedupe(fixture.open(directory), -1, 0) == .failure(.EISDIR))
    #expect(dedupe(fixture.open(fifo), 0, 0) == .failure(.EINVAL))
    #expect(dedupe(fixture.open(file), .max, 4096) == .failure(.EINVAL))
    #expect(dedupe(fixture.open(file), 4096, 1) == .failure(.EINVAL))
    #expect(dedupe(fixture.open(file), 512, 1) == .success(0))
  }

  @Test("Dedupe of a target: descriptor, area, mount, permission, volume, kind, length")
  func dedupeTarget() throws {
    let fixture = try RemapFixture()
    let elsewhere = try RemapFixture()
    let source = try fixture.file(remapPattern(4096))
    let directory = try fixture.file { $0.kind = .directory }
    let fifo = try fixture.file { $0.kind = .fifo }
    let immutable = try fixture.file(remapPattern(4096)) { $0.isImmutable = true }
    let other = try elsewhere.file { $0.kind = .directory }
    let gone = try fixture.file()
    try fixture.volume.remove(gone)
    var readOnly = fixture.open(directory, write: false)
    readOnly.isOnReadOnlyMount = true
    let targets: [(OpenFile, Int, Int32)] = [
      (fixture.open(gone), -1, -9), (readOnly, -1, -22), (readOnly, 0, -30),
      (elsewhere.open(other, write: false), 0, -1), (elsewhere.open(other), 0, -18),
      (fixture.open(directory), 0, -21), (fixture.open(fifo), 0, -22),
      (fixture.open(immutable), 0, -1), (fixture.open(source, append: true), 0, -22),
    ]
    for (target, position, status) in targets {
      let results = try fixture.volume.dedupe(
        from: fixture.open(source), at: 0, byteCount: 4096, targets: [(target, position)],
        caller: Caller(userID: 5))
      #expect(results == [DedupeResult(status: status)], "\(target.file) at \(position)")
    }
    // Without bytes the filesystem is not asked, so even an immutable file is the same.
    let nothing = try fixture.volume.dedupe(
      from: fixture.open(source), at: 0, byteCount: 0, targets: [(fixture.open(immutable), 0)])
    #expect(nothing == [DedupeResult()])
  }

  @Test("A file that appends is a target of a dedupe, not of a clone", arguments: bothProfiles)
  func append(profile: Profile) throws {
    let fixture = try RemapFixture(profile)
    let source = try fixture.file(remapPattern(4096))
    let target = try fixture.file(remapPattern(4096)) {
      $0.hasCapability = true
      $0.hasSetIDs = true
    }
    let results = try fixture.volume.dedupe(
      from: fixture.open(source), at: 0, byteCount: 4096,
      targets: [(fixture.open(target, append: true), 0)])
    #expect(results == [DedupeResult(status: 0, byteCount: 4096)])
    let after = try fixture.volume.attributes(of: target)
    #expect(after.hasCapability && after.hasSetIDs)
  }
}
