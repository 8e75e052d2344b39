import Testing

@testable import FSDAX

@Suite("limits and bad input")
struct LimitTests {
  static let huge = [1 << 62, Int.max - 4096, Int.max - 1, Int.max]

  @Test("positions near the largest number", arguments: huge, bothProfiles)
  func hugePositions(position: Int, _ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, peer) = try rig.sharedPair(pattern(5000))
    let limit = rig.volume.options.maximumFileByteCount
    for count in [1, 4095, 4096, 4097, 10_000] {
      let room = max(0, limit - position)
      let result = errno {
        let done = try rig.write(file, position, pattern(count))
        #expect(done == min(count, room))
      }
      #expect(result == (room > 0 ? nil : .EFBIG))
      if room > 0 {
        #expect(try rig.read(file, position, count + 9) == Array(pattern(count).prefix(room)))
      }
      _ = errno { try rig.volume.zero(file, at: position, byteCount: count) }
      _ = errno { try rig.volume.unshare(file, at: position, byteCount: count) }
      _ = errno { try rig.volume.punch(file, at: position, byteCount: count) }
      _ = errno { try rig.volume.allocate(file, at: position, byteCount: count) }
      _ = errno { try rig.volume.truncatePage(file, at: position) }
      let grown = errno { try rig.volume.truncate(file, to: position) }
      #expect(grown == (position <= limit ? nil : .EFBIG))
      rig.expectInvariants()
      try rig.volume.truncate(file, to: 5000)
    }
    #expect(try rig.contents(file) == pattern(5000) && rig.contents(peer) == pattern(5000))
  }

  @Test("counts near the largest number", arguments: huge + [Int.max & ~4095])
  func hugeCounts(count: Int) throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(10_000))
    #expect(errno { try rig.volume.allocate(file, at: 4096, byteCount: count) } != nil)
    rig.expectInvariants()
    // The volume is full of blocks behind the end; truncating would have to copy the last page.
    try rig.volume.punch(file, at: 12_288, byteCount: Int.max - 12_288)
    #expect(
      errno { try rig.volume.zero(file, at: 1, byteCount: count) }
        == (count == .max ? .EINVAL : nil))
    #expect(try rig.volume.size(of: file) == 10_000)
    try rig.volume.unshare(peer, at: 1, byteCount: count)
    #expect(
      errno { try rig.volume.punch(file, at: 1, byteCount: count) }
        == (count == .max ? .EINVAL : nil))
    #expect(try rig.contents(peer) == pattern(10_000))
    rig.expectInvariants()
  }

  @Test("negative and empty ranges")
  func negative() throws {
    let rig = try Rig()
    let file = try rig.file(pattern(100))
    let volume = rig.volume
    for place in [-1, Int.min] {
      #expect(errno { try rig.write(file, place, [1]) } == .EINVAL)
      #expect(errno { try rig.read(file, place, 1) } == .EINVAL)
      #expect(errno { try volume.zero(file, at: place, byteCount: 1) } == .EINVAL)
      #expect(errno { try volume.zero(file, at: 0, byteCount: place) } == .EINVAL)
      #expect(errno { try volume.punch(file, at: place, byteCount: 1) } == .EINVAL)
      #expect(errno { try volume.punch(file, at: 0, byteCount: place) } == .EINVAL)
      #expect(errno { try volume.allocate(file, at: place, byteCount: 1) } == .EINVAL)
      #expect(errno { try volume.allocate(file, at: 0, byteCount: place) } == .EINVAL)
      #expect(errno { try volume.truncate(file, to: place) } == .EINVAL)
      #expect(errno { try volume.unshare(file, at: 0, byteCount: place) } == .EINVAL)
    }
    #expect(try rig.write(file, 0, []) == 0)
    #expect(try rig.write(file, 1 << 40, []) == 0)
    #expect(try rig.write(file, 0, [], .atomic) == 0)
    #expect(errno { try rig.write(file, 0, [1], .atomic) } == .EIO)
    #expect(try rig.read(file, 0, 0).isEmpty)
    #expect(try volume.zero(file, at: 0, byteCount: 0) == false)
    #expect(errno { try volume.punch(file, at: 0, byteCount: 0) } == .EINVAL)
    #expect(try rig.contents(file) == pattern(100))
  }

  @Test("directories, pipes, removed files and stale names")
  func otherFiles() throws {
    let rig = try Rig()
    func all(_ file: FileID) -> [Errno?] {
      [
        errno { try rig.write(file, 0, [1]) }, errno { try rig.read(file, 0, 1) },
        errno { try rig.volume.zero(file, at: 0, byteCount: 1) },
        errno { try rig.volume.punch(file, at: 0, byteCount: 1) },
        errno { try rig.volume.allocate(file, at: 0, byteCount: 1) },
        errno { try rig.volume.truncate(file, to: 0) },
        errno { try rig.volume.unshare(file, at: 0, byteCount: 1) },
      ]
    }
    for (kind, expected) in [
      (FileAttributes.Kind.directory, Errno.EISDIR), (.fifo, .EINVAL), (.device, .EINVAL),
    ] {
      var attributes = FileAttributes()
      attributes.kind = kind
      #expect(all(try rig.volume.create(attributes)).allSatisfy { $0 == expected })
    }
    let stale = try rig.file(pattern(100))
    try rig.volume.remove(stale)
    #expect(all(stale).allSatisfy { $0 == .ENOENT })
    #expect(errno { try rig.volume.remove(stale) } == .ENOENT)
    let again = try rig.volume.create()
    #expect(again.number == stale.number && again != stale)
    #expect(all(stale).allSatisfy { $0 == .ENOENT })
    #expect(try rig.volume.size(of: again) == 0)
    let unknown = FileID(number: 4_000_000_000, generation: 1)
    #expect(all(unknown).allSatisfy { $0 == .ENOENT })
    #expect(all(FileID(number: 0, generation: 0)).allSatisfy { $0 == .ENOENT })
  }

  @Test(
    "sizes and group counts that make no volume give a typed error",
    arguments: [(Int.max, nil), (1 << 20, 0), (1 << 20, -1), (1 << 20, Int.max), (4096, 7)]
      as [(Int, Int?)])
  func badVolumes(byteCount: Int, groups: Int?) {
    #expect(errno { try Rig(byteCount: byteCount) { $0.groupCount = groups } } != nil)
  }

  @Test("a fatal signal ends operations between steps")
  func interrupt() throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(8192))
    rig.volume.isInterrupted = true
    #expect(errno { try rig.write(file, 0, [1]) } == .EINTR)
    #expect(errno { try rig.read(file, 0, 1) } == .EINTR)
    #expect(errno { try rig.volume.unshare(file, at: 0, byteCount: 1) } == .EINTR)
    rig.volume.isInterrupted = false
    #expect(try rig.contents(file) == pattern(8192) && rig.contents(peer) == pattern(8192))
    rig.expectInvariants()
  }
}
