import Testing

@testable import FSDAX

@Suite("unshare vectors")
struct UnshareTests {
  @Test("W-13: unshare to the end copies whole blocks from the one of the position on")
  func partial() throws {
    for profile in bothProfiles {
      let rig = try Rig(profile)
      let bytes = pattern(10_000)
      let (file, peer) = try rig.sharedPair(bytes)
      let ledger = try rig.counting { () throws in
        try rig.volume.unshare(file, at: 5000, byteCount: 100_000)
      }
      #expect(ledger[.unshareBytesCopied] == 8192)
      // Upstream the copies stay in the cache (H3).
      #expect(ledger[.bytesStreamed] == (profile == .strict ? 8192 : 0))
      #expect(rig.block(file, 0) == rig.block(peer, 0))
      for index: UInt64 in [1, 2] {
        #expect(rig.block(file, index) != rig.block(peer, index))
        #expect(Array(rig.medium(file, index)) == Array(rig.medium(peer, index)))
      }
      #expect(try rig.contents(file) == bytes && rig.contents(peer) == bytes)
      #expect(rig.inode(file).isReflink, "block 0 is still shared")
      rig.expectInvariants()
    }
  }

  @Test("W-14: nothing to do before the start and behind the end")
  func outside() throws {
    let rig = try Rig()
    let (file, peer) = try rig.sharedPair(pattern(8192))
    let ledger = try rig.counting { () throws in
      try rig.volume.unshare(file, at: -1, byteCount: 10)
      try rig.volume.unshare(file, at: 8192, byteCount: 10)
      try rig.volume.unshare(file, at: Int.max, byteCount: Int.max)
      try rig.volume.unshare(file, at: 0, byteCount: 0)
    }
    #expect(ledger[.begins] == 0 && ledger[.blocksAllocated] == 0)
    #expect(rig.block(file, 1) == rig.block(peer, 1))
    #expect(errno { try rig.volume.unshare(file, at: 0, byteCount: -1) } == .EINVAL)
  }

  @Test("W-15: only shared data is copied; a hole stays a hole", arguments: bothProfiles)
  func mix(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let source = try rig.file(pattern(4096))
    let file = try rig.volume.create()
    rig.shareBlocks(source, with: file)
    try rig.volume.truncate(file, to: 3 * 4096)
    try rig.volume.allocate(file, at: 8192, byteCount: 4096)
    let unwritten = rig.block(file, 2)
    rig.medium(file, 2).initializeMemory(as: UInt8.self, repeating: 0x55)
    let ledger = try rig.counting { () throws in
      try rig.volume.unshare(file, at: 0, byteCount: Int.max)
    }
    #expect(ledger[.unshareBytesCopied] == 4096)
    #expect(rig.block(file, 1) == nil && rig.block(file, 2) == unwritten)
    #expect(rig.state(file, 2) == .unwritten)
    #expect(try rig.contents(file) == pattern(4096) + zeros(8192))
    rig.expectInvariants()
  }

  @Test("unshare twice is once", arguments: bothProfiles)
  func twice(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let (file, _) = try rig.sharedPair(pattern(10_000))
    try rig.volume.unshare(file, at: 0, byteCount: Int.max)
    let ledger = try rig.counting { try rig.volume.unshare(file, at: 0, byteCount: Int.max) }
    #expect(ledger[.unshareBytesCopied] == 0 && ledger[.refcountUpdates] == 0)
    rig.expectInvariants()
  }

  @Test("a poisoned source is EIO, and the prefix stays unshared", arguments: bothProfiles)
  func poison(_ profile: Profile) throws {
    let rig = try Rig(profile)
    let source = try rig.volume.create()
    // Two extents, so that the first is done before the second fails.
    try rig.write(source, 8192, pattern(4096, 2))
    try rig.write(source, 0, pattern(4096, 1))
    let file = try rig.volume.create()
    rig.shareBlocks(source, with: file)
    rig.poison(file, 2, sectors: 7..<8)
    #expect(errno { try rig.volume.unshare(file, at: 0, byteCount: 12_288) } == .EIO)
    #expect(rig.block(file, 0) != rig.block(source, 0))
    #expect(rig.block(file, 2) == rig.block(source, 2))
    #expect(rig.inode(file).isReflink)
    rig.expectInvariants()
  }
}
